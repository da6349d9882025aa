import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** What `GET /mongodb-test` stores: a sign that a write reached the database. */
@Schema({ collection: 'test_documents', versionKey: false })
export class TestDocument {
  @Prop({ type: String, required: true })
  message!: string;

  @Prop({ type: Date, required: true })
  createdAt!: Date;
}

export const testDocumentSchema = SchemaFactory.createForClass(TestDocument);
