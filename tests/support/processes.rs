//! The processes of the machine.

use std::fs;
use std::process::Command;

/// Every process: its number, its parent's, its state.
pub(crate) fn all() -> Vec<(i32, i32, String)> {
    let ps = || {
        let output = Command::new("ps")
            .args(["-A", "-o", "pid=,ppid=,stat="])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    // A small Linux has no `ps`. In /proc/N/stat the name, in parentheses, may hold anything.
    let from_proc = |entry: fs::DirEntry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut words = rest.split(' ');
        let state = words.next()?;
        Some(format!("{pid} {} {state}\n", words.next()?))
    };
    let text = match fs::read_dir("/proc/self/task") {
        Ok(_) => fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| from_proc(entry.ok()?))
            .collect(),
        Err(_) => ps(),
    };
    text.lines()
        .map(|line| {
            let mut words = line.split_whitespace();
            let mut number = || words.next().unwrap().parse().unwrap();
            let (pid, parent) = (number(), number());
            (pid, parent, words.next().unwrap().to_owned())
        })
        .collect()
}

/// Whether a process runs: a zombie that nobody reaps does not.
pub(crate) fn exists(pid: i32) -> bool {
    all()
        .iter()
        .any(|(number, _, state)| *number == pid && !state.starts_with('Z'))
}

pub(crate) fn children_of(pid: i32) -> Vec<i32> {
    all()
        .into_iter()
        .filter(|(_, parent, _)| *parent == pid)
        .map(|(number, ..)| number)
        .collect()
}
