import type { mongo, QueryFilter } from 'mongoose';

/** A document as it is read back: plain, with its `_id`. */
export type Stored<T> = T extends { _id: unknown } ? T : T & { _id: mongo.ObjectId };

/** What an `_id` may be given as; the text of an `ObjectId` stands for it. */
export type Id<T> = T extends { _id: infer I }
  ? I | (I extends mongo.ObjectId ? string : never)
  : string | mongo.ObjectId;

/** With paths into nested fields, such as `address.city` or `tags.0`, or without: the schema checks them when they are used. */
type Dotted<F, V = unknown> = F | (F & Readonly<Record<`${string}.${string}`, V>>);

/** Which documents: fields with the value that they have, or with operators that the code marks with Mongoose's `trusted()`. */
export type Filter<T> = Dotted<Conditions<T>>;

/** Mongoose's own type takes unknown fields. */
type Conditions<T> = { [K in keyof Stored<T>]?: QueryFilter<Stored<T>>[K & keyof QueryFilter<Stored<T>>] } & {
  $and?: readonly Filter<T>[];
  $or?: readonly Filter<T>[];
  $nor?: readonly Filter<T>[];
  $text?: { $search: string; $language?: string; $caseSensitive?: boolean; $diacriticSensitive?: boolean };
};

/** By the names that they have unless the schema says otherwise: the repository keeps them, and refuses them in an update. */
type KeptName = '__v' | '_id' | 'createdAt' | 'updatedAt';

type Values<T, Kept = KeptName> = Dotted<{
  readonly [K in keyof T as K extends Kept ? never : K]?: T[K] | undefined;
}>;
type Numbers<T> = Dotted<
  { readonly [K in keyof T as number extends T[K] ? K : never]?: number | undefined },
  number
>;
type Lists<T, V> = Dotted<{ readonly [K in keyof T as IfList<T[K], K>]?: V }>;
type Elements<T> = Dotted<{
  readonly [K in keyof T as IfList<T[K], K>]?:
    ElementOf<T[K]> | Modifiers<ElementOf<T[K]>> | readonly ElementOf<T[K]>[] | undefined;
}>;
/** What the values of a field are one by one: of a list its elements. */
export type Distinct<V> = NonNullable<V> extends readonly (infer E)[] ? E : V;

type IfList<V, K> = NonNullable<V> extends readonly unknown[] ? K : never;
type ElementOf<A> = NonNullable<A> extends readonly (infer E)[] ? E : never;

/** Marked with `trusted()`: https://www.mongodb.com/docs/manual/reference/operator/update-array/#update-operator-modifiers */
interface Modifiers<E> {
  $each: readonly E[];
  $position?: number;
  $slice?: number;
  $sort?: Readonly<Record<string, 1 | -1>> | 1 | -1;
}

/**
 * A change: fields to set, operators, or both. Timestamps and the version move by themselves.
 *
 * @example { name: 'Ada', $inc: { visits: 1 }, $push: { tags: ['a', 'b'] }, $unset: { notes: true } }
 */
export type Update<T> = UpdateOperators<T> & Values<T>;

export interface UpdateOperators<T> {
  $set?: Values<T>;
  /** Only where an upsert inserts. */
  $setOnInsert?: Values<T, Exclude<KeptName, '_id'>>;
  $unset?: Dotted<{ readonly [K in keyof T]?: '' | 1 | true }>;
  $inc?: Numbers<T>;
  $mul?: Numbers<T>;
  $min?: Values<T>;
  $max?: Values<T>;
  $currentDate?: Dotted<{ readonly [K in keyof T as Date extends T[K] ? K : never]?: true }>;
  $push?: Elements<T>;
  $addToSet?: Elements<T>;
  /** The value to remove, or conditions that the code marks with Mongoose's `trusted()`. */
  $pull?: Dotted<{
    readonly [K in keyof T as IfList<T[K], K>]?: ElementOf<T[K]> | Readonly<Record<string, unknown>>;
  }>;
  $pullAll?: Values<T>;
  $pop?: Lists<T, -1 | 1>;
}
