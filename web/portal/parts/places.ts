/** Names of places: client and project, as people wrote them. */
import type { Asset, Project } from "../api/types";

/** Write a project as `Acme Corp / Spring`. */
export function labelOfProject(project: Project): string {
  return `${project.client_name} / ${project.name}`;
}

/** Write where an asset belongs. */
export function labelOfPlace(asset: Asset): string {
  return `${asset.client_name} / ${asset.project_name}`;
}

/** Write what an asset is called: its title, or else the name of its file. */
export function nameOf(asset: Asset): string {
  return asset.title === "" ? asset.file_name : asset.title;
}
