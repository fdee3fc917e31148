use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A folder of this test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &[u8])]) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("supaproof-suite-{}-{number}", std::process::id()));
        let folder = Self(path);
        for (name, bytes) in files {
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn project(&self) -> Project {
        Project::find(&self.0, None).unwrap()
    }

    fn error(&self, suite: &str) -> Error {
        let error = self.project().suite(suite).unwrap_err();
        assert_eq!(error.code() as u8, 2);
        error
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sample() -> Folder {
    Folder::new(&[
        ("sql/shop/001_a.sql", b"select 1"),
        ("sql/shop/001_a.rollback.sql", b"select 2"),
        ("sql/shop/seed.sql", b""),
        ("sql/shop/complete.sql", b"select 3"),
        ("sql/shop/.hidden.sql", b"\xff"),
        ("sql/shop/notes.txt", b"\xff"),
        ("sql/platform/001_x.sql", b""),
        ("sql/loose/notes.sql", b""),
        ("validations/shop.yaml", b"suite: shop"),
        ("validations/checks-only.yml", b""),
        ("validations/schema.json", b""),
    ])
}

#[test]
fn suites_are_found_by_convention() {
    let folder = sample();
    let project = folder.project();
    assert_eq!(project.suite_names().unwrap(), ["checks-only", "shop"]);
    let suite = project.suite("shop").unwrap();
    let names: Vec<_> = suite
        .migrations
        .iter()
        .map(|file| file.file_name.as_str())
        .collect();
    assert_eq!(names, ["001_a.rollback.sql", "001_a.sql"]);
    assert_eq!(suite.migrations[1].source.text(), "select 1");
    assert_eq!(suite.complete.unwrap().source.text(), "select 3");
    assert_eq!(suite.expectations.unwrap().text(), "suite: shop");
    let checks = project.suite("checks-only").unwrap();
    assert!(checks.migrations.is_empty() && checks.expectations.is_some());
}

#[test]
fn paths_are_shown_from_the_working_folder() {
    let folder = sample();
    let below = folder.0.join("sql/shop");
    let project = Project::find(&below, None).unwrap();
    assert_eq!(project.root(), folder.0);
    let suite = project.suite("shop").unwrap();
    assert_eq!(suite.migrations[1].source.path(), Path::new("001_a.sql"));
    assert_eq!(
        suite.expectations.unwrap().path(),
        Path::new("../../validations/shop.yaml")
    );
    let given = Project::find(&below, Some(Path::new("./../.."))).unwrap();
    assert_eq!(given.root(), folder.0);
    assert_eq!(given.suite("shop").unwrap().folder, Path::new("."));
    assert_eq!(
        relative(Path::new("/a/b"), Path::new("/c/d")),
        Path::new("/a/b")
    );
}

#[test]
fn a_configuration_file_marks_the_root() {
    let folder = Folder::new(&[("supaproof.toml", b""), ("deep/er/x", b"")]);
    assert_eq!(
        Project::find(&folder.0.join("deep/er"), None)
            .unwrap()
            .root(),
        folder.0
    );
    assert!(
        folder
            .error("x")
            .help_text()
            .unwrap()
            .contains("no suite at all in .")
    );
}

#[test]
fn expectations_alone_make_a_project_where_nothing_else_does() {
    let folder = Folder::new(&[
        ("validations/shop.yaml", b"tables: {}\n"),
        ("deep/x", b""),
        ("other/validations/notes.txt", b""),
    ]);
    let root =
        |below: &str| Project::find(&folder.0.join(below), None).map(|p| p.root().to_owned());
    for below in ["", "deep", "other"] {
        assert_eq!(root(below).unwrap(), folder.0, "{below}");
    }
    let inner = Folder::new(&[("supaproof.toml", b""), ("deep/validations/a.yaml", b"")]);
    let found = Project::find(&inner.0.join("deep"), None).unwrap();
    assert_eq!(found.root(), inner.0);
}

#[test]
fn without_a_project_it_says_what_one_is() {
    let folder = Folder::new(&[("sql/x/001_a.sql", b"")]);
    let error = Project::find(&folder.0, None).unwrap_err();
    assert_eq!(
        error.message(),
        "there is no project here, nor in a folder above"
    );
    let error = Project::find(&folder.0, Some(Path::new("nowhere"))).unwrap_err();
    assert_eq!(
        error.message(),
        "the project folder nowhere does not exist or is no folder"
    );
}

#[test]
fn an_unknown_suite_names_the_nearest() {
    let folder = sample();
    let error = folder.error("shpo");
    assert_eq!(error.message(), "there is no suite `shpo`");
    assert_eq!(error.notes(), ["the suites here are checks-only, shop"]);
    assert_eq!(error.help_text(), Some("did you mean `shop`?"));
    assert!(
        !folder
            .error("warehouse")
            .help_text()
            .unwrap()
            .contains("did you mean")
    );
    // Ours, and a way out of the folder, are no suites.
    assert!(folder.error("platform").message().contains("no suite"));
    assert!(folder.error("../sql/shop").message().contains("no suite"));
}

#[test]
fn files_that_are_no_text_are_refused_by_name() {
    let folder = Folder::new(&[
        ("validations/x", b""),
        ("sql/latin/001_a.sql", b"-- a\n-- caf\xe9\n"),
        ("sql/wide/001_a.sql", b"\xff\xfes\0"),
        ("sql/dir/001_a.sql", b""),
        ("sql/dir/002_b.sql/x", b""),
        ("validations/twice.yaml", b""),
        ("validations/twice.yml", b""),
    ]);
    assert_eq!(
        folder.error("latin").message(),
        "sql/latin/001_a.sql is not UTF-8: line 2 has the byte 0xe9 at offset 11"
    );
    assert!(folder.error("wide").message().contains("(it is UTF-16)"));
    assert_eq!(
        folder.error("dir").message(),
        "sql/dir/002_b.sql is a folder, but a file is wanted"
    );
    assert!(folder.error("twice").message().contains("two validations"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_broken_ones_named() {
    use std::os::unix::fs::symlink;
    let folder = sample();
    let at = |name: &str| folder.0.join("sql/shop").join(name);
    symlink("001_a.sql", at("002_b.sql")).unwrap();
    assert_eq!(
        folder.project().suite("shop").unwrap().migrations[2]
            .source
            .text(),
        "select 1"
    );
    symlink("gone.sql", at("003_c.sql")).unwrap();
    assert_eq!(
        folder.error("shop").message(),
        "sql/shop/003_c.sql is a symbolic link to gone.sql, which does not exist"
    );
    fs::remove_file(at("003_c.sql")).unwrap();
    symlink("003_c.sql", at("003_c.sql")).unwrap();
    assert!(
        folder
            .error("shop")
            .message()
            .starts_with("cannot read sql/shop/003_c.sql: ")
    );
    fs::remove_file(at("003_c.sql")).unwrap();
    symlink("/dev/null", at("003_c.sql")).unwrap();
    assert_eq!(
        folder.error("shop").message(),
        "sql/shop/003_c.sql is no regular file"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn an_unreadable_file_is_named() {
    let folder = sample();
    // Reading it fails for root too, who may read any file whatever its mode.
    std::os::unix::fs::symlink("/proc/self/mem", folder.0.join("sql/shop/002_b.sql")).unwrap();
    let message = folder.error("shop").message().to_owned();
    assert!(
        message.starts_with("cannot read sql/shop/002_b.sql: "),
        "{message}"
    );
}
