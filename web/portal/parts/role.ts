/** What the person who is logged in may do at all; the server judges each deed itself. */
import { useQuery } from "@tanstack/react-query";

import { sessionQuery } from "../api/queries";

export interface Rights {
  /** Change, share, send and delete; viewers may look alone. */
  readonly mayChange: boolean;
  readonly isAdmin: boolean;
}

export function useRights(): Rights {
  const role = useQuery(sessionQuery).data?.account.role ?? "";
  const isAdmin = role === "admin" || role === "superadmin";
  return { mayChange: isAdmin || role === "editor", isAdmin };
}
