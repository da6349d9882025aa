import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, ValidateBy } from 'class-validator';

/**
 * A query parameter, which may be absent. One that is given twice is no text, and refused.
 *
 * @param api - Its schema in the API documentation
 * @param message - What is wrong when `check` is false
 */
export function Parameter(
  api: object,
  description: string,
  message: string,
  check: (value: string) => boolean,
): PropertyDecorator {
  const validate = (value: unknown) => typeof value === 'string' && check(value);
  return applyDecorators(
    ApiProperty({ ...api, description, required: false }),
    ValidateBy({ name: 'parameter', validator: { validate, defaultMessage: () => message } }),
    IsOptional(),
  );
}
