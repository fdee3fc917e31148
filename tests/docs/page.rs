//! A page of the documentation taken apart: headings and fenced blocks, and writing a block anew.

use std::ops::Range;
use std::path::PathBuf;

use super::support::root;

/// A page under `docs/`.
pub(crate) struct Page {
    /// Its path in that folder.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) headings: Vec<String>,
}

/// A fenced block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The word after the fence.
    pub(crate) language: String,
    pub(crate) text: String,
    /// Bytes of the text in the page.
    pub(crate) range: Range<usize>,
    pub(crate) line: usize,
    /// The heading of the first level that it stands under, and that of the second.
    pub(crate) section: String,
    pub(crate) heading: Option<String>,
    /// Whether it stands after `Mended:`.
    pub(crate) mended: bool,
}

impl Page {
    pub(crate) fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(path(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut page = Self {
            name: name.to_owned(),
            text: String::new(),
            blocks: Vec::new(),
            headings: Vec::new(),
        };
        let (mut section, mut heading, mut mended) = (String::new(), None, false);
        let (mut open, mut at) = (None::<Block>, 0);
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let start = at;
            at += line.len();
            let line = line.trim_end();
            match (line.strip_prefix("```"), &mut open) {
                (Some(""), Some(_)) => page.blocks.extend(open.take().map(|mut block| {
                    block.range.end = start;
                    block.text = text[block.range.clone()].to_owned();
                    block
                })),
                (Some(language), None) => {
                    open = Some(Block {
                        language: language.to_owned(),
                        text: String::new(),
                        range: at..at,
                        line: number + 1,
                        section: section.clone(),
                        heading: heading.clone(),
                        mended,
                    });
                }
                (_, Some(_)) => {}
                (None, None) => {
                    if let Some(words) = line.strip_prefix("## ") {
                        (heading, mended) = (Some(words.to_owned()), false);
                    } else if let Some(words) = line.strip_prefix("# ") {
                        (section, heading, mended) = (words.to_owned(), None, false);
                    } else if line == "Mended:" {
                        mended = true;
                    }
                    if line.starts_with('#') {
                        page.headings
                            .push(line.trim_start_matches(['#', ' ']).to_owned());
                    }
                }
            }
        }
        assert!(open.is_none(), "{name}: a block is not closed");
        page.text = text;
        page
    }

    /// Every page, those of the folders last.
    pub(crate) fn all() -> Vec<Self> {
        let mut pages = Self::within("");
        pages.extend(Self::within("checks/"));
        pages
    }

    /// The pages of a folder, by name.
    pub(crate) fn within(folder: &str) -> Vec<Self> {
        let mut names: Vec<String> = std::fs::read_dir(path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".md"))
            .map(|name| format!("{folder}{name}"))
            .collect();
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// The page with other texts in some of its blocks.
    pub(crate) fn rewritten(&self, mut new: Vec<(Range<usize>, String)>) -> String {
        new.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut text = self.text.clone();
        for (range, block) in new {
            text.replace_range(range, &block);
        }
        text
    }
}

pub(crate) fn path(name: &str) -> PathBuf {
    root().join("docs").join(name)
}

/// Whether the pages are to be written instead of compared.
pub(crate) fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|v| v == "1")
}

/// Compares a page with what it should be, or writes it.
pub(crate) fn settle(name: &str, is: &str, should_be: &str) {
    if is == should_be {
        return;
    }
    if update() {
        std::fs::write(path(name), should_be).unwrap();
        return;
    }
    let differing: Vec<String> = is
        .lines()
        .map(Some)
        .chain(std::iter::repeat(None))
        .zip(should_be.lines().map(Some).chain(std::iter::repeat(None)))
        .enumerate()
        .take_while(|(_, pair)| *pair != (None, None))
        .filter(|(_, (a, b))| a != b)
        .take(5)
        .map(|(n, (a, b))| {
            let shown = |line: Option<&str>| line.unwrap_or("(nothing)").to_owned();
            format!(
                "line {}:\n  page:    {}\n  program: {}",
                n + 1,
                shown(a),
                shown(b)
            )
        })
        .collect();
    panic!(
        "docs/{name} says something else than the program. Where the program is right, run `UPDATE=1 cargo test --test \
         docs` and read what it wrote.\n{}",
        differing.join("\n")
    );
}
