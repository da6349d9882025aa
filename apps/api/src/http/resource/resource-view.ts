import { ApiProperty } from '@nestjs/swagger';

/** A field that every answer has. */
export function ViewField(options: object): PropertyDecorator {
  return ApiProperty({ ...options, required: true });
}

/** What every resource shows. */
export class ResourceView {
  @ViewField({ type: 'string', pattern: '^[0-9a-f]{24}$', example: '6731f0c2a4b5c6d7e8f90123' })
  id!: string;

  @ViewField({ type: 'string', format: 'date-time', example: '2026-11-05T09:30:00.000Z' })
  createdAt!: string;

  @ViewField({ type: 'string', format: 'date-time', example: '2026-11-05T09:30:00.000Z' })
  updatedAt!: string;
}
