//! ```` ```console ```` blocks: what is typed behind `$ ` is run, and prints what the page says.
//!
//! A page is one session in this repository. `--target postgresql://postgres@localhost:5432/shop` stands for a database
//! of the page's own, `psql … -q -c` runs SQL on it, and `echo $?` gives the exit code of what went before.

use std::process::{Command, Stdio};

use super::page::{Page, settle};
use super::support::{Server, root};

/// What the pages call their database.
const DATABASE: &str = "postgresql://postgres@localhost:5432/shop";
const DESCRIBED: &str = "postgres@localhost:5432/shop";

#[test]
fn consoles() {
    let pages: Vec<Page> = Page::all()
        .into_iter()
        .filter(|page| page.blocks.iter().any(|b| b.language == "console"))
        .collect();
    assert!(!pages.is_empty(), "no page has a console block");
    let server = Server::start();
    for page in pages {
        let mut session = Session {
            server: &server,
            database: format!("page_{}", page.name.trim_end_matches(".md")),
            last: 0,
        };
        server.copy(supaproof::platform::DATABASE, &session.database);
        let mut new = Vec::new();
        for block in page.blocks.iter().filter(|b| b.language == "console") {
            let mut should_be = String::new();
            let lines = block.text.lines();
            let mut commands = lines.filter_map(|line| line.strip_prefix("$ ")).peekable();
            while let Some(command) = commands.next() {
                should_be.push_str(&format!("$ {command}\n"));
                let printed = session.run(command);
                // A page that shows a wrong command line says so; else what a shell does would be written into it.
                let meant = commands.peek().is_some_and(|next| *next == "echo $?");
                assert!(
                    meant || !printed.contains("For more information, try '--help'."),
                    "docs/{}: `{command}` cannot be run like this: {printed}",
                    page.name
                );
                should_be.push_str(&printed);
            }
            if normal(&should_be) != normal(&block.text) {
                new.push((block.range.clone(), with_lines_of(&block.text, &should_be)));
            }
        }
        settle(&page.name, &page.text, &page.rewritten(new));
    }
}

struct Session<'a> {
    server: &'a Server,
    database: String,
    last: i32,
}

impl Session<'_> {
    fn run(&mut self, command: &str) -> String {
        let words = words(command);
        match words.first().map(String::as_str) {
            Some("supaproof") => self.supaproof(&words[1..]),
            Some("echo") => format!("{}\n", self.last),
            Some("psql") => {
                assert!(
                    command.contains(" -q -c "),
                    "psql prints more than the test knows: {command}"
                );
                self.server.sql(&self.database, words.last().unwrap());
                String::new()
            }
            _ => panic!("the test cannot run `{command}`"),
        }
    }

    /// Both of the program's outputs in the order in which a terminal shows them.
    fn supaproof(&mut self, arguments: &[String]) -> String {
        let target = self.server.target(&self.database);
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "exec \"$0\" \"$@\" 2>&1",
                env!("CARGO_BIN_EXE_supaproof"),
            ])
            .args(
                arguments
                    .iter()
                    .map(|a| if a == DATABASE { &target } else { a }),
            )
            .current_dir(root())
            .stdin(Stdio::null())
            .env_clear();
        for name in [
            "PATH",
            "HOME",
            "TMPDIR",
            "USER",
            "SUPAPROOF_POSTGRES_BIN",
            "SUPAPROOF_CACHE_DIR",
        ] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let output = command.output().unwrap();
        self.last = output.status.code().unwrap_or(-1);
        let text = String::from_utf8(output.stdout).unwrap();
        let (mut socket, mut port) = (target.split(' '), target.split(' '));
        let described = format!(
            "postgres@{}:{}/{}",
            socket.find_map(|w| w.strip_prefix("host=")).unwrap(),
            port.find_map(|w| w.strip_prefix("port=")).unwrap(),
            self.database
        );
        text.replace(&described, DESCRIBED)
    }
}

/// A command line's words; quotes keep spaces together.
fn words(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            (c, Some(q)) if c == q => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (' ', None) => out.push(String::new()),
            (c, _) => out.last_mut().unwrap().push(c),
        }
    }
    out
}

/// The new text, with the old lines where they say the same: a time that is another is no reason to change a page.
fn with_lines_of(old: &str, new: &str) -> String {
    let old: Vec<&str> = old.lines().collect();
    new.lines()
        .enumerate()
        .map(|(at, line)| {
            let mut known = old.get(at).into_iter().chain(&old);
            let same = known.find(|known| normal(known) == normal(line));
            format!("{}\n", same.unwrap_or(&line))
        })
        .collect()
}

/// Without what is another each time: how long it took, which Postgres it was, when a migration was applied.
fn normal(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        for before in [
            "Postgres ",
            "done in ",
            "ran in ",
            "\"seconds\": ",
            "statement, ",
            "statements, ",
            " 20",
        ] {
            let Some(at) = line.find(before) else {
                continue;
            };
            let start = at + before.len();
            let end = line[start..]
                .find(|c: char| !(c.is_ascii_digit() || ".:-+TZ ".contains(c)))
                .map_or(line.len(), |end| start + end);
            line.replace_range(start..end, "…");
        }
        out.push_str(&line.split_whitespace().collect::<Vec<_>>().join(" "));
        out.push('\n');
    }
    out
}
