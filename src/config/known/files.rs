//! What the Supabase CLI leaves in a project, and the ports of its local stack.

use std::path::Path;

use super::Known;

/// The most that is read of such a file, in bytes.
const LONGEST: u64 = 1 << 20;

/// The reference of the linked project (`supabase link`).
pub(super) fn linked(root: &Path) -> Option<Known<String>> {
    first_line(root, "supabase/.temp/project-ref")
}

/// The URL of its pooler, without a password.
pub(super) fn pooler(root: &Path) -> Option<Known<String>> {
    first_line(root, "supabase/.temp/pooler-url")
}

/// The port of the local database, where the project has a local stack (`supabase init`).
pub(super) fn local_port(root: &Path) -> Option<Known<u16>> {
    let name = "supabase/config.toml";
    let text = read(&root.join(name))?;
    let config: toml::Table = text.parse().ok()?;
    let port = config.get("db").and_then(|db| db.get("port"));
    let port = match port {
        Some(port) => u16::try_from(port.as_integer()?).ok()?,
        None => 54322,
    };
    Some(Known::new(port, format!("the local stack of {name}")))
}

fn first_line(root: &Path, name: &str) -> Option<Known<String>> {
    let text = read(&root.join(name))?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| Known::new(line.to_owned(), name))
}

fn read(path: &Path) -> Option<String> {
    let length = path.metadata().ok().filter(|m| m.is_file())?.len();
    (length <= LONGEST).then(|| std::fs::read_to_string(path).ok())?
}
