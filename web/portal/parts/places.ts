/** Names of places: client and project, as people wrote them. */
import type { Project } from "../api/types";

/** Write a project as `Acme Corp / Spring`. */
export function labelOfProject(project: Project): string {
  const client = project.client_name ?? project.client;
  return `${client} / ${project.name ?? project.project}`;
}
