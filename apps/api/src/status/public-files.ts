import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Injectable, NotFoundException } from '@nestjs/common';

/** A file that goes to the browser as it is. */
export interface PublicFile {
  text: string;
  contentType: string;
}

/** Beside this code; the build puts it beside the compiled code and beside the bundle as well. */
const FOLDER = join(import.meta.dirname, 'public');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** The page and its parts, read when one of them is asked for first. */
@Injectable()
export class PublicFiles {
  private files?: Map<string, PublicFile>;

  /**
   * @param name - Of a file in the folder; it is never part of a path
   * @throws {NotFoundException} When there is none of this name
   */
  async get(name: string): Promise<PublicFile> {
    this.files ??= await readAll();
    const file = this.files.get(name);
    if (file === undefined) throw new NotFoundException();
    return file;
  }
}

async function readAll(): Promise<Map<string, PublicFile>> {
  const names = await readdir(FOLDER);
  const files = names.map(async (name): Promise<[string, PublicFile]> => {
    const text = await readFile(join(FOLDER, name), 'utf8');
    return [name, { text, contentType: TYPES[extname(name)] ?? 'text/plain; charset=utf-8' }];
  });
  return new Map(await Promise.all(files));
}
