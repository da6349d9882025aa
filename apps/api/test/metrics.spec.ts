import { TestApplication } from '../../../test/support/application.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';

describe('GET /metrics', () => {
  let database: TestDatabase;
  let api: TestApplication;
  beforeAll(async () => {
    database = await TestDatabase.start();
    api = await TestApplication.start({ MONGODB_URI: database.uri });
    await api.until('/health/startup', 200);
  });
  afterAll(async () => {
    await api?.stop();
    await database?.stop();
  });

  it('counts by route pattern, the driver, the process and health', async () => {
    await api.request('/mongodb-test');
    await api.request('/no/such/route/17');
    const answer = await api.request('/metrics');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    expect(text).toContain(
      'http_request_duration_seconds_count{method="GET",route="/mongodb-test",status="200"} 1',
    );
    expect(text).not.toContain('/no/such/route');
    expect(text).toMatch(
      /mongodb_command_duration_seconds_count\{command="insert",outcome="success"\} [1-9]/,
    );
    expect(text).toMatch(/^mongodb_pool_connections [1-9]/m);
    expect(text).toMatch(/^mongodb_pool_checked_out \d/m);
    expect(text).toMatch(/^mongodb_up 1$/m);
    expect(text).toMatch(/^mongodb_health_age_seconds [\d.e-]+$/m);
    expect(text).toMatch(/^process_resident_memory_bytes [1-9]/m);
  });
});
