import { DatabaseModule } from '#database';
import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../http/idempotency/idempotency.module.ts';
import { Contact, contactSchema } from './contact.schema.ts';
import { ContactsController } from './contacts.controller.ts';
import { ContactsRepository } from './contacts.repository.ts';
import { ContactsService } from './contacts.service.ts';

/** `/contacts`. */
@Module({
  imports: [DatabaseModule.forFeature([{ name: Contact.name, schema: contactSchema }]), IdempotencyModule],
  controllers: [ContactsController],
  providers: [ContactsRepository, ContactsService],
})
export class ContactsModule {}
