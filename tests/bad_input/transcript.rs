//! What people see when something is wrong, kept as text that a reviewer can read.

use crate::support::{Project, Run, finished, report_faults, supaproof};

/// A password that must never be seen: it would be found whole, encoded, and in parts.
pub(crate) const SECRET: &str = "s3cr3t-PÄSS";

/// A server at which nobody listens (port 1 is reserved), with the password in its URL.
pub(crate) fn nobody() -> String {
    format!("postgresql://someone:{SECRET}@127.0.0.1:1/app")
}

/// Runs of the program, each looked at in every verbosity.
#[derive(Default)]
pub(crate) struct Transcript {
    text: String,
    /// What was not as it has to be: told together at the end, so that one run shows all of it.
    wrong: Vec<String>,
}

impl Transcript {
    /// Runs the program in a project quietly, verbosely and as it is, with two reports beside the pretty one. Each run
    /// ends with `code` and without a sign of a bug or of the secret; what the last one says is kept.
    pub(crate) fn run(&mut self, title: &str, project: &Project, args: &[&str], code: i32) -> Run {
        self.run_with(title, project, args, &[], code)
    }

    pub(crate) fn run_with(
        &mut self,
        title: &str,
        project: &Project,
        args: &[&str],
        env: &[(&str, &str)],
        code: i32,
    ) -> Run {
        let own_reports = args.iter().any(|arg| arg.starts_with("--report"));
        let reports = args.iter().any(|arg| ["verify", "check"].contains(arg));
        for flag in ["--quiet", "--verbose", ""] {
            let mut command = supaproof(project.path());
            command
                .envs([("RUST_BACKTRACE", "1"), ("RUST_LOG", "trace")])
                .envs(env.iter().copied())
                .args(args);
            if !args.iter().any(|arg| ["-q", "-v"].contains(arg)) && !flag.is_empty() {
                command.arg(flag);
            }
            if code == 2 {
                // No server is needed, and usage lines would name what the environment sets.
                command.env_remove("SUPAPROOF_POSTGRES_BIN");
            }
            if reports && !own_reports {
                command.args([
                    "--report=pretty",
                    "--report=json=out.json",
                    "--report=junit=out.xml",
                ]);
            }
            let run = finished(command.output().unwrap());
            let mut everything = format!("{}{}", run.out, run.err);
            for file in ["out.json", "out.xml"] {
                let file = project.path().join(file);
                if let Ok(text) = std::fs::read_to_string(&file) {
                    if file.ends_with("out.json") {
                        self.wrong.extend(report_faults(&text));
                    }
                    everything.push_str(&text);
                    std::fs::remove_file(&file).unwrap();
                }
            }
            if run.code != code {
                self.wrong.push(format!(
                    "{title} {flag}: exit {} instead of {code}\n{everything}",
                    run.code
                ));
            }
            for word in [
                "s3cr3t",
                "PÄSS",
                "%C3%84",
                "panicked",
                "has a bug",
                "RUST_BACKTRACE",
                "backtrace:",
            ] {
                if everything.contains(word) {
                    self.wrong
                        .push(format!("{title} {flag}: says {word}\n{everything}"));
                }
            }
            let shown = if run.err.is_empty() {
                &run.out
            } else {
                &run.err
            };
            if shown.trim().is_empty() {
                self.wrong.push(format!("{title} {flag}: not a word"));
            }
            if flag.is_empty() {
                self.keep(title, args, &run);
                return run;
            }
        }
        unreachable!()
    }

    /// Notes that something was not as it has to be.
    pub(crate) fn expect(&mut self, right: bool, otherwise: &str, run: &Run) {
        if !right {
            self.wrong
                .push(format!("{otherwise}\n{}{}", run.out, run.err));
        }
    }

    fn keep(&mut self, title: &str, args: &[&str], run: &Run) {
        let args = args
            .join(" ")
            .replace(SECRET, "[secret]")
            .replace("s3cr3t-P%C3%84SS", "[secret]");
        self.text
            .push_str(&format!("## {title}\n$ supaproof {args}\n{}", run.out));
        if !run.out.is_empty() && !run.err.is_empty() {
            self.text.push_str("-- standard error\n");
        }
        self.text
            .push_str(&format!("{}exit {}\n\n", run.err, run.code));
    }

    /// Compares with the accepted text. What differs from run to run and from machine to machine is left out.
    pub(crate) fn accept(&self, name: &str) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
        insta::with_settings!({
            omit_expression => true,
            prepend_module_to_snapshot => false,
            filters => [
                (r"/[^\s:]*/(supaproof-|sp-?|\.tmp)[A-Za-z0-9._-]+", "[folder]"),
                (r"\b(\d+\.\d{2,3}|0) s\b", "[time]"),
                (r"embedded Postgres \d+(\.\d+)?", "embedded Postgres [version]"),
                (r"\(process \d+", "(process [pid]"),
                (r"127\.0\.0\.1:\d{4,}", "127.0.0.1:[port]"),
            ],
        }, {
            insta::assert_snapshot!(name, self.text);
        });
    }
}
