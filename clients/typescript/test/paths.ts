/** Where things are; tests run from clients/typescript/build/test. */

/** The repository. */
export const ROOT = new URL("../../../../", import.meta.url);

/** This package. */
export const PACKAGE = new URL("../../", import.meta.url);
