// `@nestjs/throttler` is CommonJS and requires these ES modules; Jest takes that only when they have been evaluated before.
import '@nestjs/common';
import '@nestjs/core';
