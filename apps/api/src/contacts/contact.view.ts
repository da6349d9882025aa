import type { Stored } from '#database';
import { ResourceView, ViewField } from '../http/resource/resource-view.ts';
import { CONTACT_STATUSES, type Contact, type ContactStatus } from './contact.schema.ts';

/** One contact as it is answered. */
export class ContactView extends ResourceView {
  @ViewField({ type: 'string', format: 'email', example: 'ada@example.org' })
  email!: string;

  @ViewField({ type: 'string', nullable: true, example: 'Ada Lovelace' })
  name!: string | null;

  @ViewField({ type: 'string', nullable: true, example: 'Analytical Engines' })
  organization!: string | null;

  @ViewField({ type: 'array', items: { type: 'string' }, example: ['mathematics'] })
  tags!: string[];

  @ViewField({ type: 'string', enum: [...CONTACT_STATUSES], example: 'new' })
  status!: ContactStatus;

  @ViewField({ type: 'string', nullable: true, example: 'Met at the conference' })
  notes!: string | null;

  @ViewField({ type: 'string', format: 'date-time', nullable: true, example: '2026-11-05T09:30:00.000Z' })
  lastContactedAt!: string | null;
}

/** Field by field, which costs less than any mapper. */
export function toContactView(contact: Stored<Contact>): ContactView {
  return {
    id: contact._id.toHexString(),
    email: contact.email,
    name: contact.name ?? null,
    organization: contact.organization ?? null,
    tags: contact.tags ?? [],
    status: contact.status,
    notes: contact.notes ?? null,
    lastContactedAt: contact.lastContactedAt?.toISOString() ?? null,
    createdAt: contact.createdAt.toISOString(),
    updatedAt: contact.updatedAt.toISOString(),
  };
}
