//! How many commands the gate judges a second, and what a script costs. One element is one command.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use portcullis::gate::evaluate_until;
use portcullis::gate::policy::Policy;
use portcullis::gate::request::Request;
use portcullis::gate::sample::{SampleWorld, environment, folder};

/// What an agent runs all day.
const ORDINARY: &[&str] = &[
    "ls -la src",
    "git status --short",
    "git commit -am 'Remove rm -rf from the script'",
    "cargo test -p core -- --nocapture 2>&1 | tail -20",
    "grep -rn 'fn main' --include=*.rs . | head",
    "sed -n '1,40p' src/main.rs",
    "cat README.md | wc -l",
    "for f in src/*.rs; do wc -l \"$f\"; done",
];

fn judge(command: &str) -> usize {
    let request = Request::new(command, folder());
    let verdict = evaluate_until(&request, &Policy::default(), &environment(), &SampleWorld, None);
    verdict.commands.len()
}

fn gate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gate");
    group.throughput(Throughput::Elements(ORDINARY.len() as u64));
    group.bench_function("ordinary commands", |bencher| {
        bencher.iter(|| ORDINARY.iter().map(|command| judge(black_box(command))).sum::<usize>());
    });
    let script: String = (0..300)
        .map(|line| format!("if [ -f a{line} ]; then echo \"x{line}\"; cp a{line} b{line}; fi\n"))
        .collect();
    group.throughput(Throughput::Elements(1));
    group.bench_function("script of 300 lines", |bencher| bencher.iter(|| judge(black_box(&script))));
    group.finish();
}

criterion_group!(benches, gate);
criterion_main!(benches);
