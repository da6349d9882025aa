/** @see https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-BSON-Document-Size */
export const MAX_DOCUMENT_BYTES = 16 * 1_048_576;

/** The document of a row would be larger than MongoDB takes one. */
export class DocumentTooLargeError extends Error {
  constructor(options?: ErrorOptions) {
    super('its document is larger than 16 MB', options);
  }
}
