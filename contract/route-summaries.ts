import type { ROUTES } from '#contract/routes';

/** What each route does, in one sentence, for the documentation. */
export const ROUTE_SUMMARIES: Readonly<Record<keyof typeof ROUTES, string>> = {
  presignUpload: 'Signs a form for one upload; repeated, a fresh form for the same asset.',
  batchPresignUpload: 'Signs forms for up to 100 uploads; each item is answered like a call of its own.',
  register: 'Registers an upload once its bytes are proven; repeated, answers the same.',
  batchRegister: 'Registers up to 100 uploads; each item is answered like a call of its own.',
  listAssets: 'Lists assets, newest first; a missing `next_cursor` is the end.',
  getAsset: 'Answers what is known of a registered asset.',
  downloadAsset: 'Signs a URL by which the registered version is downloaded.',
  deleteAsset: 'Deletes an asset; until its retention ends it can be restored.',
  restoreAsset: 'Brings a deleted asset back.',
  cancelUpload: 'Ends an upload that is not registered; its form records nothing any more.',
  eraseAsset: 'Removes an asset and its bytes for good, without retention.',
  whoami: 'Answers whom the token stands for, and the limits of the deployment.',
};
