//! Reading a Terraform plan, and nothing else: time and memory beside the size of the file.
//!
//! Each file is read in a process of its own. What it takes at its highest, the bytes of the file
//! among it, is shown as a multiple of the file.
//!
//! ```sh
//! cargo bench --bench plan -- plan.json larger.json
//! ```
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and may stop at what is wrong")]

use std::process::Command;
use std::time::Instant;

use plimsoll::source::terraform::read_plan;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => println!("name plans to read; see the top of benches/plan.rs"),
        ["read", file] => read(file),
        files => files.iter().for_each(|file| {
            let ended = Command::new(std::env::current_exe().unwrap()).args(["read", file]).status().unwrap();
            assert!(ended.success(), "{file}");
        }),
    }
}

#[expect(clippy::cast_precision_loss, reason = "no file has 2^52 bytes")]
fn read(file: &str) {
    let empty = kibibytes("RssAnon:");
    let bytes = std::fs::read(file).unwrap();
    let start = Instant::now();
    let plan = read_plan(&bytes).unwrap();
    let time = start.elapsed();
    // The tree of the plan and the bytes are all there is at the highest.
    let taken = (kibibytes("RssAnon:") - empty) as f64 / 1024.0;
    let size = bytes.len() as f64 / f64::from(1 << 20);
    println!(
        "{file}: {} changes, {size:.1} MiB, {:.2} s, {taken:.1} MiB, {:.2} times the file",
        plan.changed().len(),
        time.as_secs_f64(),
        taken / size
    );
}

fn kibibytes(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
