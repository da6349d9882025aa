import Joi from 'joi';
import {
  COLUMN_TYPES,
  DATE_FORMATS,
  type ColumnMapping,
  type EmbedMapping,
  type Mapping,
  type ReferenceMapping,
  type TableMapping,
} from './mapping.ts';

const by = Joi.object()
  .pattern(Joi.string(), Joi.string())
  .min(1)
  .description(
    'Columns of this table and the columns of the other that they name; without it, the foreign key',
  );

const column = Joi.object<ColumnMapping>({
  name: Joi.string().description('Name of the field'),
  skip: Joi.boolean().description('Leaves the column out'),
  type: Joi.string()
    .valid(...COLUMN_TYPES)
    .description('BSON type; a value that cannot become one stays as it is and is reported'),
  format: Joi.string()
    .valid(...DATE_FORMATS)
    .description('What dates are written as; only with the type "date"'),
  truncate: Joi.boolean().description('Whether a date may lose what is below the millisecond'),
});

const embed = Joi.object<EmbedMapping>({
  table: Joi.string().required().description('Table whose documents take these rows in'),
  as: Joi.string().required().description('Name of the field there'),
  by,
  single: Joi.boolean().description(
    'One embedded document in place of an array; more than one row is reported',
  ),
  value: Joi.string().description('Takes this column alone: an array of values in place of documents'),
  orderBy: Joi.array().items(Joi.string()).min(1).description('Columns that give the order in the array'),
  orphans: Joi.string()
    .valid('keep', 'drop')
    .description(
      'Rows that no document takes in: kept in a collection of their own, which is the default, or dropped',
    ),
});

const reference = Joi.object<ReferenceMapping>({
  table: Joi.string().required().description('Table whose _id the field holds'),
  by,
});

const table = Joi.object<TableMapping>({
  skip: Joi.boolean().description('Leaves the table out'),
  collection: Joi.string().description('Name of the collection'),
  key: Joi.array()
    .items(Joi.string())
    .min(1)
    .description('Columns that make the _id in place of the primary key'),
  omitNulls: Joi.boolean().description('Writes no field for NULL'),
  columns: Joi.object()
    .pattern(Joi.string().allow(''), Joi.alternatives(Joi.string(), column))
    .description('By the name of the column: the name of its field, or more about it'),
  embedInto: Joi.alternatives(embed, Joi.array().items(embed).min(1)).description(
    'Embeds the rows of this table into documents of another, at any depth',
  ),
  references: Joi.object()
    .pattern(Joi.string(), reference)
    .description('By the name of a new field: the _id of the document that a foreign key names'),
});

/** What a mapping file may say. */
export const mappingSchema = Joi.object<Mapping & { $schema?: string }>({
  $schema: Joi.string().description('Where this schema is, for editors'),
  dates: Joi.boolean().description('Columns declared DATE, DATETIME or TIMESTAMP become dates'),
  booleans: Joi.boolean().description('Columns declared BOOLEAN become true and false'),
  tables: Joi.object().pattern(Joi.string(), table).description('By the name of the table or view'),
})
  .prefs({ convert: false, abortEarly: false })
  .description('How "ops import-sqlite" maps tables to collections');
