//! Programs of the user's that print a secret: password managers, company logins.
//!
//! They are run without a shell. What they say on stderr reaches the user; what they print on stdout is never
//! shown, since it may be a key.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// Far more than a key with all that belongs to it, so that a wrong program does not fill the memory.
const MOST: u64 = 64 * 1024;

/// All that a program prints which is run in this folder. It is ended when nobody waits for it any more.
///
/// # Errors
/// A sentence that names the program: it is missing, fails, takes longer than `limit`, or prints more than 64 KiB.
pub async fn printed(
    words: &[String],
    folder: &Path,
    limit: Duration,
) -> std::result::Result<Vec<u8>, String> {
    let (program, arguments) = words.split_first().ok_or("no program is named")?;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    let mut bytes = Vec::new();
    let ending = async {
        if let Some(stdout) = child.stdout.take() {
            stdout.take(MOST + 1).read_to_end(&mut bytes).await?;
        }
        if bytes.len() as u64 > MOST {
            return Ok(None);
        }
        child.wait().await.map(Some)
    };
    let ended = tokio::time::timeout(limit, ending)
        .await
        .map_err(|_| format!("{program} did not end within {} s", limit.as_secs_f64()))?
        .map_err(|error: std::io::Error| error.to_string())?;
    match ended {
        None => Err(format!("{program} prints more than {} KiB", MOST / 1024)),
        Some(status) if status.success() => Ok(bytes),
        Some(status) => Err(format!("{program} ended with {status}")),
    }
}
