import type { Readable } from 'node:stream';
import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { mongo } from 'mongoose';
import { MERGE_PATCH_TYPES, NDJSON_TYPES } from '../http/body-parsers.ts';
import { Consumes } from '../http/consumes.decorator.ts';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.ts';
import { ReservedId } from '../http/idempotency/reserved-id.ts';
import { DtoPipe } from '../http/input/dto.ts';
import type { ImportReport } from '../http/ndjson/import-lines.ts';
import { Lines } from '../http/ndjson/lines.decorator.ts';
import { sendLines } from '../http/ndjson/send-lines.ts';
import { answerCreated, answerOne, answerPage, sendOne } from '../http/resource/answers.ts';
import type { Condition } from '../http/resource/etag.ts';
import type { List } from '../http/resource/list-query.ts';
import { Id, IfMatch } from '../http/resource/parameters.decorator.ts';
import { ResourceOperations } from '../openapi/resource-operations.ts';
import { ContactView, toContactView } from './contact.view.ts';
import { ContactsService } from './contacts.service.ts';
import { CreateContact } from './dto/create-contact.ts';
import { FilterContacts, ListContacts } from './dto/list-contacts.ts';
import { UpdateContact } from './dto/update-contact.ts';

const operations = new ResourceOperations({ one: 'contact', many: 'contacts', view: ContactView });

@ApiTags('contacts')
@Controller('contacts')
export class ContactsController {
  constructor(private readonly contacts: ContactsService) {}

  @Get()
  @operations.list()
  async list(
    @Query(new DtoPipe(ListContacts)) query: ListContacts,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<List<ContactView>> {
    const read = async () => this.contacts.list(query);
    return answerPage(reply, { query, read, toView: toContactView });
  }

  @Get('export')
  @operations.export()
  async export(
    @Query(new DtoPipe(FilterContacts)) query: FilterContacts,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendLines(reply, this.contacts.export(query), toContactView);
  }

  @Post('import')
  @HttpCode(200)
  @Consumes(...NDJSON_TYPES)
  @operations.import(CreateContact)
  async import(@Lines() lines: Readable): Promise<ImportReport> {
    return this.contacts.import(lines);
  }

  @Get(':id')
  @operations.read()
  async read(@Id() id: string, @Res() reply: FastifyReply): Promise<void> {
    sendOne(reply, await this.contacts.get(id), toContactView);
  }

  @Post()
  @Idempotent()
  @operations.create()
  async create(
    @Body(new DtoPipe(CreateContact)) input: CreateContact,
    @ReservedId() reservedId: mongo.ObjectId | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ContactView> {
    return answerCreated(reply, await this.contacts.create(input, reservedId), toContactView);
  }

  @Patch(':id')
  @Consumes(...MERGE_PATCH_TYPES)
  @operations.update()
  async update(
    @Id() id: string,
    @Body(new DtoPipe(UpdateContact)) patch: UpdateContact,
    @IfMatch() condition: Condition,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ContactView> {
    return answerOne(reply, await this.contacts.update(id, patch, condition), toContactView);
  }

  @Put(':id')
  @operations.replace()
  async replace(
    @Id() id: string,
    @Body(new DtoPipe(CreateContact)) input: CreateContact,
    @IfMatch() condition: Condition,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ContactView> {
    return answerOne(reply, await this.contacts.replace(id, input, condition), toContactView);
  }

  @Delete(':id')
  @HttpCode(204)
  @operations.delete()
  async delete(@Id() id: string, @IfMatch() condition: Condition): Promise<void> {
    await this.contacts.delete(id, condition);
  }
}
