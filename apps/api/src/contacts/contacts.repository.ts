import { DatabaseConnection, MongoRepository } from '#database';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { Contact } from './contact.schema.ts';

@Injectable()
export class ContactsRepository extends MongoRepository<Contact> {
  constructor(@InjectModel(Contact.name) model: Model<Contact>, connection: DatabaseConnection) {
    super(model, connection);
  }
}
