import { PartialType } from '@nestjs/swagger';
import { CreateContact } from './create-contact.ts';

/** A merge patch: `null` removes what is not required. */
export class UpdateContact extends PartialType(CreateContact, { skipNullProperties: false }) {}
