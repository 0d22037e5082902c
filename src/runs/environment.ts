/** Variables of the environment, which only the command line reads. */
export type Environment = { readonly [name: string]: string | undefined }
