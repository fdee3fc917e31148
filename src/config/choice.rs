//! Which target is meant: what is said wins, then `supaproof.toml`, then what is found, then the embedded one.

use std::path::PathBuf;

use super::known::{Besides, Variables};
use super::{File, TargetChoice};
use crate::cli::Global;
use crate::error::{Error, nearest};
use crate::redact::redact;
use crate::suite::{CONFIG_FILE, Project};
use crate::target::embedded;
use crate::target::management::Reference;

/// What stands for `--target`.
const VARIABLE: &str = "SUPAPROOF_TARGET";

/// What the choice is made of.
pub(super) struct Choice<'a> {
    pub(super) global: &'a Global,
    pub(super) file: &'a File,
    pub(super) project: &'a Project,
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
}

impl Choice<'_> {
    /// The target, and what somebody should know of how it was found.
    ///
    /// # Errors
    /// Exit 2 where it is not understood, or what is found contradicts itself.
    pub(super) fn make(&self) -> Result<(TargetChoice, Vec<String>), Error> {
        let Global { target, pg, .. } = self.global;
        if let Some(target) = target {
            // Of two that are the same the variable is as true as the flag.
            let variable = (self.env)(VARIABLE).is_some_and(|set| set == *target);
            let from = if variable { VARIABLE } else { "--target" };
            return self.named(target, from);
        }
        if let Some(target) = &self.file.target {
            let from = format!("the `target` of {CONFIG_FILE}");
            let (choice, mut warnings) = self
                .named(target, &from)
                .map_err(|error| error.note(format!("this is {from}")))?;
            if redact(target) != target.as_str() {
                warnings.push(format!(
                    "{from} holds a password as it is: write `[targets.NAME]` with url = \"env:VARIABLE\" instead"
                ));
            }
            return Ok((choice, warnings));
        }
        // The major of the embedded Postgres was chosen.
        if pg.is_some() {
            return Ok((TargetChoice::Embedded, Vec::new()));
        }
        let variables = self.variables();
        match self.besides(&variables).ambient()? {
            Ok(access) => Ok(self.elsewhere(access, &variables)),
            Err(found) => {
                let warnings = variables.warnings.iter().chain(&found);
                Ok((TargetChoice::Embedded, warnings.cloned().collect()))
            }
        }
    }

    fn named(&self, target: &str, from: &str) -> Result<(TargetChoice, Vec<String>), Error> {
        if target == "embedded" {
            return Ok((TargetChoice::Embedded, Vec::new()));
        }
        if let Some(major) = self.global.pg {
            return Err(Error::usage(format!(
                "--pg {major} chooses the major of the embedded Postgres, and the target is another"
            ))
            .help("Leave one of --pg and --target out."));
        }
        if target.trim().is_empty() {
            return Err(Error::usage("the target is empty").help(
                "Is the variable set that it comes from? --target embedded is a private Postgres.",
            ));
        }
        let scheme = target.split_once("://").map(|(scheme, _)| scheme);
        let is_url = target.contains('=')
            || scheme.is_some_and(|scheme| {
                scheme.eq_ignore_ascii_case("postgres") || scheme.eq_ignore_ascii_case("postgresql")
            });
        let environment = Variables::environment(self.env);
        if is_url {
            let access = self.besides(&environment).url(target, from)?;
            return Ok(self.elsewhere(access, &environment));
        }
        let variables = self.variables();
        let besides = self.besides(&variables);
        let access = if let Some(known) = self.file.targets.get(target) {
            besides.named(target, known)?
        } else if target == "local" {
            besides.local()?
        } else if let Some(reference) = Reference::find(target) {
            besides.project(&reference, from)?
        } else {
            return Err(self.unknown(target));
        };
        Ok(self.elsewhere(access, &variables))
    }

    fn elsewhere(
        &self,
        access: crate::target::door::Access,
        variables: &Variables<'_>,
    ) -> (TargetChoice, Vec<String>) {
        let warnings = variables.warnings.iter().chain(&access.warnings);
        let warnings = warnings.cloned().collect();
        (TargetChoice::Elsewhere(Box::new(access)), warnings)
    }

    /// Where the programs of Postgres are looked for.
    pub(super) fn programs(&self) -> embedded::Options {
        let own = &self.file.embedded;
        embedded::Options {
            working_dir: self.project.root().to_owned(),
            postgres_bin: self
                .global
                .postgres_bin
                .clone()
                .filter(|bin| !bin.as_os_str().is_empty())
                .or_else(|| {
                    let bin = own.postgres_bin.as_ref()?;
                    Some(self.project.root().join(bin))
                }),
            major: self.global.pg.or(own.pg),
            cache_dir: (self.env)("SUPAPROOF_CACHE_DIR")
                .filter(|dir| !dir.is_empty())
                .map(PathBuf::from),
        }
    }

    fn variables(&self) -> Variables<'_> {
        let profile = self.global.profile.as_deref();
        Variables::with_files(self.env, self.project.root(), profile)
    }

    fn besides<'v>(&'v self, variables: &'v Variables<'v>) -> Besides<'v> {
        Besides {
            root: self.project.root(),
            variables,
            env: self.env,
            doors: Some(self.global.door.as_slice()).filter(|doors| !doors.is_empty()),
            ca: self.global.ca.as_deref(),
        }
    }

    fn unknown(&self, target: &str) -> Error {
        let names: Vec<&String> = self.file.targets.keys().collect();
        let plain = target
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        if !plain {
            // It may be a mistyped URL with a password in it: it is not repeated.
            return Error::usage("the target is neither `embedded` nor a Postgres URL nor a key=value string")
                .help("Write --target embedded, --target postgresql://user@host:5432/database or --target \"host=… dbname=…\".");
        }
        let error = Error::usage(format!("there is no target `{target}`"));
        match nearest(target, &names) {
            Some(near) => error.help(format!("Did you mean `{near}`?")),
            None if names.is_empty() => error.help(format!(
                "Write `embedded`, a Postgres URL, `local`, the reference of a project (20 letters), or a name that {CONFIG_FILE} has under [targets.NAME]."
            )),
            None => {
                let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
                error.help(format!("{CONFIG_FILE} has {}.", names.join(", ")))
            }
        }
    }
}
