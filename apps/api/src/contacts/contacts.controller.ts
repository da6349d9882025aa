import { Readable } from 'node:stream';
import type { Stored } from '#database';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { mongo } from 'mongoose';
import { MERGE_PATCH_TYPE, NDJSON_TYPES } from '../http/body-parsers.ts';
import { Consumes } from '../http/consumes.decorator.ts';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.ts';
import { ReservedId } from '../http/idempotency/reserved-id.ts';
import { DtoPipe } from '../http/input/dto.ts';
import type { ImportReport } from '../http/ndjson/import-lines.ts';
import { Lines } from '../http/ndjson/lines.decorator.ts';
import { sendLines } from '../http/ndjson/send-lines.ts';
import { isFresh, toCondition, toETag } from '../http/resource/etag.ts';
import { toList, type List } from '../http/resource/list-query.ts';
import { toLinks } from '../http/resource/page-links.ts';
import { toId } from '../http/resource/resource-id.ts';
import { ResourceOperations } from '../openapi/resource-operations.ts';
import type { Contact } from './contact.schema.ts';
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
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<List<ContactView>> {
    const page = await this.contacts.list(query);
    void reply.header('cache-control', 'private, no-cache').header('link', toLinks(request.url, page));
    return toList(page, toContactView);
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
  async read(
    @Param('id') id: string,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const contact = await this.contacts.get(toId(id));
    const eTag = toETag(contact.version);
    void reply.header('etag', eTag).header('cache-control', 'private, no-cache');
    if (isFresh(ifNoneMatch, eTag)) return void reply.status(304).send();
    void reply.send(toContactView(contact));
  }

  @Post()
  @Idempotent()
  @operations.create()
  async create(
    @Body(new DtoPipe(CreateContact)) input: CreateContact,
    @ReservedId() id: mongo.ObjectId | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ContactView> {
    const contact = await this.contacts.create(input, id);
    void reply.header('location', `/contacts/${contact._id.toHexString()}`);
    return answer(reply, contact);
  }

  @Patch(':id')
  @Consumes(MERGE_PATCH_TYPE, 'application/json')
  @operations.update()
  async update(
    @Param('id') id: string,
    @Body(new DtoPipe(UpdateContact)) patch: UpdateContact,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ContactView> {
    return answer(reply, await this.contacts.update(toId(id), patch, toCondition(ifMatch)));
  }

  @Put(':id')
  @operations.replace()
  async replace(
    @Param('id') id: string,
    @Body(new DtoPipe(CreateContact)) input: CreateContact,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ContactView> {
    return answer(reply, await this.contacts.replace(toId(id), input, toCondition(ifMatch)));
  }

  @Delete(':id')
  @HttpCode(204)
  @operations.delete()
  async delete(@Param('id') id: string, @Headers('if-match') ifMatch: string | undefined): Promise<void> {
    await this.contacts.delete(toId(id), toCondition(ifMatch));
  }
}

function answer(reply: FastifyReply, contact: Stored<Contact>): ContactView {
  void reply.header('etag', toETag(contact.version));
  return toContactView(contact);
}
