import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

export const CONTACT_STATUSES = ['new', 'contacted', 'replied', 'opted-out'] as const;
export type ContactStatus = (typeof CONTACT_STATUSES)[number];

/** Somebody whom an outreach campaign writes to. */
@Schema({ timestamps: true, versionKey: 'version', collection: 'contacts' })
export class Contact {
  @Prop({ type: String, required: true, lowercase: true, trim: true })
  email!: string;

  @Prop({ type: String })
  name?: string;

  @Prop({ type: String })
  organization?: string;

  @Prop({ type: [String] })
  tags!: string[];

  @Prop({ type: String, enum: CONTACT_STATUSES, required: true, default: 'new' })
  status!: ContactStatus;

  @Prop({ type: String })
  notes?: string;

  @Prop({ type: Date })
  lastContactedAt?: Date;

  createdAt!: Date;
  updatedAt!: Date;
  version!: number;
}

/** The indexes are those of the filters and sorts of the list. */
export const contactSchema = SchemaFactory.createForClass(Contact)
  .index({ email: 1 }, { unique: true })
  .index({ status: 1, createdAt: -1, _id: -1 })
  .index({ tags: 1, createdAt: -1, _id: -1 })
  .index({ organization: 1, createdAt: -1, _id: -1 })
  .index({ createdAt: -1, _id: -1 })
  .index({ updatedAt: -1, _id: -1 })
  .index({ lastContactedAt: -1, _id: -1 })
  .index({ name: 1, _id: 1 });
