//! Telling a program: a document on its standard input, and a time limit.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::NotTold;
use super::client::one_line;

/// How often it is looked whether the program has ended.
const POLL: Duration = Duration::from_millis(20);

/// How long what it said is waited for once it has ended: somebody it started may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Runs a program, gives it the document, and waits for it to end, for this long at most; then it is
/// killed. What it writes to standard output goes nowhere.
///
/// # Errors
/// When it cannot be started, does not end in time, or does not end with 0; with the beginning of what
/// it wrote to standard error.
pub fn tell(words: &[String], document: &str, limit: Duration) -> Result<(), NotTold> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(NotTold("there is no program".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| NotTold(format!("{program} cannot be started: {error}")))?;
    let said = listen(&mut child);
    if let Some(mut stdin) = child.stdin.take() {
        // On a thread of its own, as a program that does not read may let a pipe fill up. One that has
        // ended without reading is not at fault: how it ended tells.
        let document = document.to_owned();
        std::thread::spawn(move || drop(stdin.write_all(document.as_bytes())));
    }
    let began = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if began.elapsed() < limit => std::thread::sleep(POLL),
            Ok(None) => {
                end(&mut child);
                return Err(NotTold(format!("{program} did not end in {} s, and was killed", limit.as_secs_f64())));
            }
            Err(error) => {
                end(&mut child);
                return Err(NotTold(format!("{program} cannot be waited for: {error}")));
            }
        }
    };
    if status.success() {
        return Ok(());
    }
    let words = said.recv_timeout(LAST_WORDS).unwrap_or_default();
    let words = if words.is_empty() { words } else { format!(": {words}") };
    Err(NotTold(format!("{program} ended with {status}{words}")))
}

/// Reads what a program writes to standard error, to its end, and keeps the beginning.
fn listen(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut stderr) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut beginning = Vec::new();
            let _ = stderr.by_ref().take(4096).read_to_end(&mut beginning);
            let _ = sender.send(one_line(&String::from_utf8_lossy(&beginning)));
            let _ = std::io::copy(&mut stderr, &mut std::io::sink());
        });
    }
    receiver
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str) -> Result<(), NotTold> {
        let words = ["sh", "-c", script].map(str::to_owned);
        tell(&words, "{\"a\": 1}", Duration::from_secs(10))
    }

    #[test]
    fn a_program_is_given_the_document_and_its_end_counts() {
        assert!(run("read line").is_err(), "the document ends without the end of a line");
        assert_eq!(run("test \"$(cat)\" = '{\"a\": 1}'"), Ok(()));
        let failed = run("echo no room >&2; exit 3").unwrap_err().to_string();
        assert_eq!(failed, "sh ended with exit status: 3: no room");
        assert_eq!(run("exec true"), Ok(()), "one that does not read is told all the same");
        let missing = tell(&["/nowhere/at/all".to_owned()], "", Duration::from_secs(1)).unwrap_err().to_string();
        assert!(missing.starts_with("/nowhere/at/all cannot be started: "), "{missing}");
    }

    #[test]
    fn a_program_that_does_not_end_is_killed() {
        let words = ["sh", "-c", "exec sleep 60"].map(str::to_owned);
        let late = tell(&words, "", Duration::from_millis(100)).unwrap_err().to_string();
        assert_eq!(late, "sh did not end in 0.1 s, and was killed");
    }
}
