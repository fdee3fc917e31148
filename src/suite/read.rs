//! Reads a text file, and says clearly why it cannot.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::Error;
use crate::source::Source;
use crate::words;

/// No file of a suite is larger; the server takes at most 1 GB in a message.
const LONGEST_FILE: u64 = 512 * 1024 * 1024;

/// The YAML file at `path`, without the mark that some editors put in front.
pub(super) fn yaml(path: &Path, shown: &Path) -> Result<Source, Error> {
    let source = text(path, shown)?;
    Ok(match source.text().strip_prefix('\u{feff}') {
        Some(rest) => Source::new(shown, rest),
        None => source,
    })
}

/// The file at `path` as UTF-8 text, shown to people as `shown`.
pub(crate) fn text(path: &Path, shown: &Path) -> Result<Source, Error> {
    let name = shown.display();
    let failed = |error: std::io::Error| {
        let dangling = error.kind() == ErrorKind::NotFound && path.symlink_metadata().is_ok();
        if let (true, Ok(to)) = (dangling, fs::read_link(path)) {
            return Error::usage(format!(
                "{name} is a symbolic link to {}, which does not exist",
                to.display()
            ))
            .help("mend or remove the link");
        }
        Error::usage(format!("cannot read {name}: {error}"))
    };
    let meta = fs::metadata(path).map_err(failed)?;
    if meta.is_dir() {
        return Err(
            Error::usage(format!("{name} is a folder, but a file is wanted"))
                .help("rename or remove it"),
        );
    }
    if !meta.is_file() {
        // A named pipe would be waited for without end.
        return Err(Error::usage(format!("{name} is no regular file")).help("rename or remove it"));
    }
    if meta.len() > LONGEST_FILE {
        return Err(Error::usage(format!(
            "{name} has {}, which is more than can be sent",
            words::size(meta.len())
        ))
        .help("split it into several files"));
    }
    let bytes = fs::read(path).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let bytes = error.as_bytes();
        let at = error.utf8_error().valid_up_to();
        let line = bytes[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let encoding = if utf16 { "UTF-16" } else { "WINDOWS-1252" };
        let is = if utf16 { " (it is UTF-16)" } else { "" };
        Error::usage(format!(
            "{name} is not UTF-8{is}: line {line} has the byte 0x{:02x} at offset {at}",
            bytes.get(at).copied().unwrap_or_default()
        ))
        .help(format!(
            "save it as UTF-8, for example with: iconv -f {encoding} -t UTF-8"
        ))
    })?;
    Ok(Source::new(shown, text))
}
