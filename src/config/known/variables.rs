//! Variables of the environment, and below them those of `.env` files.

use std::collections::HashMap;
use std::path::Path;

use super::Known;

/// Where a variable's value comes from: the environment, or the first file that has it.
pub(in crate::config) struct Variables<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    files: Vec<(String, HashMap<String, String>)>,
    /// The files that could not be read, and why: another program may understand them.
    pub(in crate::config) warnings: Vec<String>,
}

impl<'a> Variables<'a> {
    /// The environment alone.
    pub(in crate::config) fn environment(env: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            env,
            files: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The environment, and the `.env` files of a project: `.env.PROFILE.local`, `.env.local`, `.env.PROFILE`, `.env`, and
    /// `supabase/.env`; the first that has a variable wins. One that cannot be read is left out, with a warning.
    pub(in crate::config) fn with_files(
        env: &'a dyn Fn(&str) -> Option<String>,
        root: &Path,
        profile: Option<&str>,
    ) -> Self {
        let mut names = Vec::new();
        let plain = profile.filter(|name| {
            name.chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        });
        names.extend(plain.map(|profile| format!(".env.{profile}.local")));
        names.push(".env.local".to_owned());
        names.extend(plain.map(|profile| format!(".env.{profile}")));
        names.extend([".env".to_owned(), "supabase/.env".to_owned()]);
        let mut out = Self::environment(env);
        for name in names {
            let path = root.join(&name);
            if path.is_file() {
                match read(&path) {
                    Ok(variables) => out.files.push((name, variables)),
                    Err(reason) => out.warnings.push(format!("{name} is left out: {reason}")),
                }
            }
        }
        out
    }

    /// A variable that is set to something.
    pub(in crate::config) fn get(&self, name: &str) -> Option<Known<String>> {
        self.first(&[name])
    }

    /// The first of several variables that is set: by the source, and within one by the order of the names.
    pub(in crate::config) fn first(&self, names: &[&str]) -> Option<Known<String>> {
        let (_, known) = self.all(names).into_iter().next()?;
        Some(known)
    }

    /// All of several variables that are set, in the same order, each by the nearest source that has it.
    pub(in crate::config) fn all<'n>(&self, names: &[&'n str]) -> Vec<(&'n str, Known<String>)> {
        let mut out: Vec<(&str, Known<String>)> = Vec::new();
        let files = self.files.iter().map(Some);
        for file in std::iter::once(None).chain(files) {
            for &name in names {
                if !out.iter().any(|(known, _)| *known == name) {
                    out.extend(self.in_source(file, name).map(|known| (name, known)));
                }
            }
        }
        out
    }

    /// A variable in a file, or in the environment.
    fn in_source(
        &self,
        file: Option<&(String, HashMap<String, String>)>,
        name: &str,
    ) -> Option<Known<String>> {
        let set = |value: &String| !value.trim().is_empty();
        match file {
            None => Some(Known::new((self.env)(name).filter(set)?, name)),
            Some((file, variables)) => {
                let value = variables.get(name).filter(|value| set(value))?;
                Some(Known::new(value.clone(), format!("{name} in {file}")))
            }
        }
    }
}

/// The variables of a file, or why it cannot be read. No line of it is repeated: it may hold a secret.
fn read(path: &Path) -> Result<HashMap<String, String>, String> {
    let lines = dotenvy::from_path_iter(path).map_err(|_| "it cannot be opened".to_owned())?;
    let mut out = HashMap::new();
    for line in lines {
        match line {
            // As for a shell that reads it, the last one stays.
            Ok((name, value)) => out.insert(name, value),
            Err(dotenvy::Error::LineParse(line, _)) => {
                let place = number_of(path, &line).map(|number| format!("line {number} "));
                let place = place.unwrap_or_else(|| "a line ".to_owned());
                return Err(format!(
                    "{place}is no NAME=value (quote what holds spaces, quotes or #)"
                ));
            }
            Err(_) => return Err("it is not text in UTF-8".to_owned()),
        };
    }
    Ok(out)
}

fn number_of(path: &Path, line: &str) -> Option<usize> {
    let text = std::fs::read_to_string(path).ok()?;
    // A quote that is not closed makes a line of several.
    let line = line.lines().next()?;
    let at = text.lines().position(|known| known.trim() == line.trim())?;
    Some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn the_environment_wins_and_then_the_nearest_file() {
        let folder = folder(&[
            (".env", "A=env\nB=env\nC=env\nD=env\nE=env"),
            (".env.local", "A=local\nB=local\nC=local"),
            (".env.staging", "D=staging"),
            (".env.staging.local", "A=own\nB=own"),
        ]);
        let env = |name: &str| match name {
            "A" => Some("set".to_owned()),
            "E" => Some(" ".to_owned()),
            _ => None,
        };
        let variables = Variables::with_files(&env, folder.path(), Some("staging"));
        let from = |name: &str| {
            let known = variables.get(name).unwrap();
            format!("{} from {}", known.value, known.from)
        };
        assert_eq!(from("A"), "set from A");
        assert_eq!(from("B"), "own from B in .env.staging.local");
        assert_eq!(from("C"), "local from C in .env.local");
        assert_eq!(from("D"), "staging from D in .env.staging");
        assert_eq!(from("E"), "env from E in .env");
        assert!(variables.get("F").is_none());
    }

    /// What stands nearer counts, under whichever of its names.
    #[test]
    fn the_source_counts_before_the_name() {
        let folder = folder(&[(".env", "A=1\nB=2\nC=3"), (".env.local", "C=4")]);
        let env = |name: &str| (name == "B").then(|| "5".to_owned());
        let variables = Variables::with_files(&env, folder.path(), None);
        let all = variables.all(&["A", "B", "C"]);
        let all: Vec<String> = all
            .into_iter()
            .map(|(_, known)| format!("{} from {}", known.value, known.from))
            .collect();
        assert_eq!(
            all,
            ["5 from B", "4 from C in .env.local", "1 from A in .env"]
        );
        let first = variables.first(&["A", "B"]).unwrap();
        assert_eq!((first.value.as_str(), first.from.as_str()), ("5", "B"));
    }

    #[test]
    fn a_line_that_is_no_setting_is_named_and_not_shown() {
        let folder = folder(&[(".env", "A=1\nPASSWORD = 'hunter2\n")]);
        let none = |_: &str| None;
        let variables = Variables::with_files(&none, folder.path(), None);
        let [warning] = variables.warnings.as_slice() else {
            panic!("{:?}", variables.warnings)
        };
        assert!(
            warning.starts_with(".env is left out: line 2 "),
            "{warning}"
        );
        assert!(!warning.contains("hunter2") && variables.get("A").is_none());
    }
}
