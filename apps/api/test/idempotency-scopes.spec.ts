import { acrossScopes, DatabaseConnection, DatabaseModule, MongoRepository, withScope } from '#database';
import {
  Body,
  Controller,
  Injectable,
  Module,
  Param,
  Post,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { InjectModel } from '@nestjs/mongoose';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { Schema, type Model, type mongo } from 'mongoose';
import type { Observable } from 'rxjs';
import { TestDatabase } from '../../../test/support/test-database.ts';
import { addBodyParsers } from '../src/http/body-parsers.ts';
import { createFastifyAdapter } from '../src/http/fastify-adapter.ts';
import { Idempotent } from '../src/http/idempotency/idempotency.interceptor.ts';
import { IdempotencyModule } from '../src/http/idempotency/idempotency.module.ts';
import { insertOnce, ReservedId } from '../src/http/idempotency/reserved-id.ts';
import { KnownRoutes } from '../src/http/known-routes.ts';
import { ProblemFilter } from '../src/http/problem.filter.ts';

interface Note {
  tenantId: string;
  text: string;
}
const TENANT = 'x-tenant';
const EVERY_TENANT = 'every tenant';
const noteSchema = new Schema<Note>({
  tenantId: { type: String, required: true, immutable: true, scope: true },
  text: { type: String, required: true },
});
const openSchema = new Schema<Note>({ text: { type: String, required: true } });

@Injectable()
class NotesRepository extends MongoRepository<Note> {
  constructor(@InjectModel('Note') model: Model<Note>, connection: DatabaseConnection) {
    super(model, connection);
  }
}

@Injectable()
class OpenNotesRepository extends MongoRepository<Note> {
  constructor(@InjectModel('OpenNote') model: Model<Note>, connection: DatabaseConnection) {
    super(model, connection);
  }
}

function inScopeOf(context: ExecutionContext, next: CallHandler): Observable<unknown> {
  const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
  const tenantId = headers[TENANT];
  if (tenantId === undefined) return next.handle();
  return tenantId === EVERY_TENANT
    ? acrossScopes(() => next.handle())
    : withScope({ tenantId }, () => next.handle());
}

/** As an application sets the scope: once for every route. */
@Injectable()
class TenantInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return inScopeOf(context, next);
  }
}

/** Sets another scope than the global one, and too late for what comes before it. */
@Injectable()
class LateInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return withScope({ tenantId: 'late' }, () => next.handle());
  }
}

@Controller()
class NotesController {
  constructor(
    private readonly notes: NotesRepository,
    private readonly open: OpenNotesRepository,
  ) {}

  @Post('notes')
  @Idempotent()
  async create(@Body() { text }: Note, @ReservedId() id: mongo.ObjectId | undefined): Promise<object> {
    return insertOnce(this.notes, { text }, id);
  }

  @Post('open-notes')
  @Idempotent()
  async createOpen(@Body() { text }: Note, @ReservedId() id: mongo.ObjectId | undefined): Promise<object> {
    return insertOnce(this.open, { text }, id);
  }

  @Post('folders/:folder/notes')
  @Idempotent()
  async createIn(
    @Param('folder') folder: string,
    @Body() { text }: Note,
    @ReservedId() id: mongo.ObjectId | undefined,
  ): Promise<object> {
    return insertOnce(this.open, { text: `${folder}/${text}` }, id);
  }

  @Post('late-notes')
  @UseInterceptors(LateInterceptor)
  @Idempotent()
  async createLate(@Body() { text }: Note, @ReservedId() id: mongo.ObjectId | undefined): Promise<object> {
    return insertOnce(this.notes, { text }, id);
  }

  @Post('later-notes')
  @Idempotent()
  async createLater(@Body() { text }: Note, @ReservedId() id: mongo.ObjectId | undefined): Promise<object> {
    return withScope({ tenantId: 'late' }, async () => insertOnce(this.notes, { text }, id));
  }
}

@Module({
  imports: [
    DatabaseModule.forFeature([
      { name: 'Note', schema: noteSchema },
      { name: 'OpenNote', schema: openSchema },
    ]),
    IdempotencyModule,
  ],
  controllers: [NotesController],
  providers: [
    NotesRepository,
    OpenNotesRepository,
    { provide: APP_INTERCEPTOR, useClass: TenantInterceptor },
  ],
})
class NotesModule {}

describe('Idempotency-Key in scopes', () => {
  let database: TestDatabase;
  let app: NestFastifyApplication;
  let url: string;
  beforeAll(async () => {
    database = await TestDatabase.start();
    const before = { ...process.env };
    Object.assign(process.env, { NODE_ENV: 'test', MONGODB_URI: database.uri });
    app = await NestFactory.create<NestFastifyApplication>(NotesModule, createFastifyAdapter([]), {
      logger: false,
      bodyParser: false,
    });
    process.env = before;
    const fastify = app.getHttpAdapter().getInstance();
    const routes = new KnownRoutes(fastify);
    addBodyParsers(fastify);
    app.useGlobalFilters(new ProblemFilter(routes));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    await app.get(DatabaseConnection).whenSettled();
  });
  afterEach(() => database.clear());
  afterAll(async () => {
    await app?.close();
    await database?.stop();
  });

  const post = async (path: string, { key = 'key-1', text = 'hello', tenant = '' } = {}) => {
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': key,
      ...(tenant !== '' && { [TENANT]: tenant }),
    };
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify({ text }) });
    const body = (await answer.json()) as { _id?: string; tenantId?: string; code?: string };
    return { status: answer.status, replayed: answer.headers.get('idempotency-replayed'), ...body };
  };
  const stored = async (collection = 'notes') =>
    database.db
      .collection<Note>(collection)
      .find()
      .map(({ _id, tenantId, text }) => [_id.toHexString(), tenantId, text])
      .toArray();

  it('is of one tenant: two with the same key and body each store their own', async () => {
    const one = await post('/notes', { tenant: 'acme' });
    const other = await post('/notes', { tenant: 'other' });
    expect([one.status, one.tenantId, one.replayed]).toEqual([201, 'acme', null]);
    expect([other.status, other.tenantId, other.replayed]).toEqual([201, 'other', null]);
    expect(await stored()).toEqual([
      [one._id, 'acme', 'hello'],
      [other._id, 'other', 'hello'],
    ]);
  });

  it('does not keep another tenant from using it', async () => {
    await post('/notes', { tenant: 'acme' });
    expect(await post('/notes', { tenant: 'other', text: 'bye' })).toMatchObject({ status: 201 });
    expect((await stored()).map(([, ...note]) => note)).toEqual([
      ['acme', 'hello'],
      ['other', 'bye'],
    ]);
  });

  it('gives one tenant its first answer again', async () => {
    const first = await post('/notes', { tenant: 'acme' });
    await post('/notes', { tenant: 'other' });
    const second = await post('/notes', { tenant: 'acme' });
    expect(second).toEqual({ ...first, replayed: 'true' });
    expect(await stored()).toHaveLength(2);
    expect(await post('/notes', { tenant: 'acme', text: 'bye' })).toMatchObject({
      status: 422,
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it('is one for all where there is no scope', async () => {
    const first = await post('/open-notes');
    expect(await post('/open-notes')).toEqual({ ...first, replayed: 'true' });
    expect(await stored('opennotes')).toHaveLength(1);
    expect(await post('/open-notes', { tenant: EVERY_TENANT })).toMatchObject({
      status: 201,
      replayed: null,
    });
    expect(await stored('opennotes')).toHaveLength(2);
  });

  it('cannot be spelt so that it is that of a tenant', async () => {
    await post('/open-notes', { tenant: 'acme' });
    const keys = database.db.collection<{ _id: string }>('idempotency_keys');
    const { _id } = (await keys.findOne()) ?? { _id: '' };
    const parts = _id.split(' ');
    const forged = new Set([_id]);
    for (const from of parts.keys()) {
      const rest = parts.slice(from).join(' ');
      forged.add(rest).add([rest, ...parts.slice(0, from)].join(' '));
    }
    for (const key of forged) expect(await post('/open-notes', { key })).toMatchObject({ replayed: null });
    expect(await stored('opennotes')).toHaveLength(forged.size + 1);
  });

  it('is of one address, not of every one of a route', async () => {
    const one = await post('/folders/a/notes');
    const other = await post('/folders/b/notes');
    expect([one.status, other.status, other.replayed]).toEqual([201, 201, null]);
    expect((await stored('opennotes')).map(([, , text]) => text)).toEqual(['a/hello', 'b/hello']);
  });

  it.each(['/late-notes', '/later-notes'])('stores nothing in a scope set after it: %s', async (path) => {
    expect(await post(path, { tenant: 'acme' })).toMatchObject({ status: 500 });
    expect(await post(path)).toMatchObject({ status: 500 });
    expect(await stored()).toEqual([]);
  });
});
