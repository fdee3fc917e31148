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

/// The ports of a local stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stack {
    /// That of the database.
    pub(super) port: u16,
    /// That of the API; `None` where the project has turned it off.
    pub(super) api: Option<u16>,
}

impl Default for Stack {
    fn default() -> Self {
        Self {
            port: 54322,
            api: Some(54321),
        }
    }
}

/// The local stack, where the project has one (`supabase init`).
pub(super) fn stack(root: &Path) -> Option<Known<Stack>> {
    let name = "supabase/config.toml";
    let text = read(&root.join(name))?;
    let config: toml::Table = text.parse().ok()?;
    let setting = |section: &str, key: &str| config.get(section)?.get(key);
    let port = |section: &str| match setting(section, "port") {
        Some(port) => u16::try_from(port.as_integer()?).ok().map(Some),
        None => Some(None),
    };
    let usual = Stack::default();
    let stack = Stack {
        port: port("db")?.unwrap_or(usual.port),
        api: match setting("api", "enabled").and_then(toml::Value::as_bool) {
            Some(false) => None,
            _ => port("api")?.or(usual.api),
        },
    };
    Some(Known::new(stack, format!("the local stack of {name}")))
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
