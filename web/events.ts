import { byId, element } from './dom.ts';
import { currentTenant } from './session.ts';

/** How many events are shown, the newest first. */
const MOST = 50;

interface Told {
  readonly detail: {
    readonly event_id: string;
    readonly event_type: string;
    readonly occurred_at: string;
    readonly tenant_id: string;
    readonly asset_id: string;
    readonly asset: { readonly filename?: string };
  };
}

/** Shows the tenant's events as they come. @returns how to stop that */
export function showEvents(): () => void {
  const list = byId('events');
  list.replaceChildren();
  const source = new EventSource('/_local/events');
  source.onmessage = ({ data }) => {
    const { detail } = JSON.parse(data) as Told;
    if (detail.tenant_id !== currentTenant()) return;
    const { occurred_at, event_type, asset, asset_id } = detail;
    list.prepend(element('li', `${occurred_at.slice(11, 19)} ${event_type} ${asset.filename ?? asset_id}`));
    while (list.children.length > MOST) list.lastElementChild?.remove();
  };
  return () => source.close();
}
