/** An address as a QR code, drawn by the server. */
import type { ReactNode } from "react";

import { portal as words } from "../../shared/text/en.json";

export function Code({ address }: { readonly address: string }): ReactNode {
  return <img className="qr" src={address} alt={words.handed.qr} width={176} height={176} />;
}
