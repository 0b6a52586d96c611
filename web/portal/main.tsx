/** The portal's entry: it mounts nothing until its routes are here. */
import "../shared/tokens.css";
