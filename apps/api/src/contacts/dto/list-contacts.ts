import { IntersectionType } from '@nestjs/swagger';
import { FilterParameter } from '../../http/resource/filter-parameters.ts';
import { ListQuery, SortParameter } from '../../http/resource/list-query.ts';
import { CONTACT_STATUSES, type ContactStatus } from '../contact.schema.ts';

/** Which contacts. */
export class FilterContacts {
  @FilterParameter({ enum: CONTACT_STATUSES }, 'Only those with this status')
  status?: ContactStatus;

  @FilterParameter({ maxLength: 50 }, 'Only those with this tag')
  tag?: string;

  @FilterParameter({ maxLength: 254 }, 'Only the one with this address')
  email?: string;

  @FilterParameter({ maxLength: 200 }, 'Only those of this organization')
  organization?: string;
}

/** Which contacts, and in which order. */
export class ListContacts extends IntersectionType(FilterContacts, ListQuery) {
  @SortParameter(['createdAt', 'updatedAt', 'lastContactedAt', 'email', 'name', 'organization', 'status'])
  sort?: string;
}
