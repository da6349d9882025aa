/** Takes the bytes of one file in order. */
export interface ByteSink {
  /** Resolves when the bytes are no longer needed. Must not be called again before that. */
  write(bytes: Buffer): Promise<void>;
  /** Resolves when everything has been written. */
  end(): Promise<void>;
}
