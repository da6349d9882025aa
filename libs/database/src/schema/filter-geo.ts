import type { Schema } from 'mongoose';
import { isTrusted } from './filter-trust.ts';
import { HINT, refuse } from './filter-value.ts';
import type { PathNode } from './path-node.ts';
import { isPlainObject } from './path-value.ts';

/** What a shape may be made of: https://www.mongodb.com/docs/manual/reference/operator/query-geospatial/ */
const SHAPES: readonly string[] = ['$box', '$polygon', '$center', '$centerSphere'];
const DISTANCES: readonly string[] = ['$minDistance', '$maxDistance'];
const GEOMETRIES =
  'Point LineString Polygon MultiPoint MultiLineString MultiPolygon GeometryCollection'.split(' ');
const TEXT_OPTIONS: Record<string, string> = {
  $search: 'string',
  $language: 'string',
  $caseSensitive: 'boolean',
  $diacriticSensitive: 'boolean',
};

/**
 * Casts what a geographic operator is given; every part of it is written by code, so one mark covers it, and all that it holds are
 * numbers and known words.
 */
export function castShape(node: PathNode, operand: unknown, path: string): unknown {
  if (!isGeographic(node)) refuse(path, 'is for places: a pair of numbers or GeoJSON');
  if (typeof operand === 'number') return finite(operand, path);
  if (Array.isArray(operand)) return coordinates(operand, path);
  if (!isPlainObject(operand)) return refuse(path, 'must be a shape');
  return Object.fromEntries(
    Object.entries(operand).map(([name, value]) => {
      if (name === '$geometry') return [name, castGeometry(value, path)];
      if (DISTANCES.includes(name)) return [name, finite(value, path)];
      if (SHAPES.includes(name) || name === 'coordinates') return [name, coordinates(value, path)];
      return refuse(path, 'holds what is no shape');
    }),
  );
}

/** Casts `$text`: code must have marked it, and the schema must have an index for it. */
export function castText(schema: Schema | undefined, operand: unknown): Record<string, unknown> {
  const hasIndex = schema?.indexes().some(([keys]) => Object.values(keys).includes('text')) === true;
  if (!hasIndex) refuse('$text', 'needs a text index in the schema');
  if (!isPlainObject(operand)) return refuse('$text', 'must be an object with $search');
  if (!isTrusted(operand)) refuse('$text', `holds a key that starts with $: ${HINT}`);
  for (const [name, value] of Object.entries(operand)) {
    if (typeof value !== TEXT_OPTIONS[name]) refuse('$text', 'holds what is no option of a text search');
  }
  return typeof operand.$search === 'string'
    ? Object.fromEntries(Object.entries(operand))
    : refuse('$text', 'must be an object with $search');
}

function isGeographic(node: PathNode): boolean {
  if (node.kind === 'mixed') return true;
  if (node.kind === 'array') {
    const { element } = node;
    return element !== undefined && (element.type?.instance === 'Number' || isGeographic(element));
  }
  return (
    node.step('coordinates') !== undefined || ['2d', '2dsphere'].includes(String(node.type?.options.index))
  );
}

function castGeometry(value: unknown, path: string): Record<string, unknown> {
  if (!isPlainObject(value)) return refuse(path, 'must hold GeoJSON');
  const { type, coordinates: points, geometries, crs } = value;
  if (typeof type !== 'string' || !GEOMETRIES.includes(type)) return refuse(path, 'must hold GeoJSON');
  if (crs !== undefined) refuse(path, 'must use the default coordinates');
  if (type !== 'GeometryCollection') return { type, coordinates: coordinates(points, path) };
  if (!Array.isArray(geometries)) return refuse(path, 'must hold GeoJSON');
  return { type, geometries: geometries.map((inner) => castGeometry(inner, path)) };
}

function coordinates(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) return refuse(path, 'must be a list of numbers');
  return value.map((item) => (Array.isArray(item) ? coordinates(item, path) : finite(item, path)));
}

function finite(value: unknown, path: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : refuse(path, 'must be a number');
}
