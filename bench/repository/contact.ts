import { Schema } from 'mongoose';

/** Ten fields, one of them a subdocument and one a list, beside `_id`, timestamps and version: about 360 bytes. */
export interface Contact {
  email: string;
  name: string;
  organization: string;
  status: 'new' | 'contacted' | 'replied' | 'opted-out';
  score: number;
  visits: number;
  isActive: boolean;
  tags: string[];
  address: { street: string; city: string; zip: string };
  notes: string;
  createdAt: Date;
  updatedAt: Date;
  __v: number;
}

export type NewContact = Omit<Contact, 'createdAt' | 'updatedAt' | '__v'>;

/** Documents that share an organization. */
export const PER_ORGANIZATION = 100;

const STATUSES: readonly Contact['status'][] = ['new', 'contacted', 'replied', 'opted-out'];

const addressSchema = new Schema(
  {
    street: { type: String, required: true, maxlength: 100 },
    city: { type: String, required: true, maxlength: 100 },
    zip: { type: String, match: /^\d{5}$/ },
  },
  { _id: false },
);

export const contactSchema = new Schema<Contact>(
  {
    email: { type: String, required: true, match: /^[^@\s]+@[^@\s]+$/, maxlength: 254 },
    name: { type: String, required: true, maxlength: 200 },
    organization: { type: String, maxlength: 200 },
    status: { type: String, enum: STATUSES, default: 'new' },
    score: { type: Number, min: 0, max: 100, default: 0 },
    visits: { type: Number, min: 0, default: 0 },
    isActive: { type: Boolean, default: true },
    tags: [String],
    address: addressSchema,
    notes: { type: String, maxlength: 2_000 },
  },
  { timestamps: true },
);

/** The same document for the same number. */
export function makeContact(index: number): NewContact {
  return {
    email: emailOf(index),
    name: `Person ${index} of the list`,
    organization: organizationOf(Math.floor(index / PER_ORGANIZATION)),
    status: STATUSES[index % STATUSES.length] ?? 'new',
    score: index % 101,
    visits: 0,
    isActive: index % 3 > 0,
    tags: ['newsletter', `wave-${index % 10}`, 'europe'],
    address: {
      street: `${index % 500} Long Street`,
      city: 'Springfield',
      zip: String(10_000 + (index % 80_000)),
    },
    notes: 'Met at the fair; asked for prices.',
  };
}

export function emailOf(index: number): string {
  return `person.${index}@example.org`;
}

export function organizationOf(number: number): string {
  return `Organization ${number}`;
}
