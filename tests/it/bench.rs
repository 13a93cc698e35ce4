//! `cryptoscope bench`: lines that parse, outputs that are checked, options that are refused.

use cryptoscope::bench::{Measurement, Setting, Transforms, Workload, check_vectors};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

fn bench(args: &[&str]) -> (i32, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["cryptoscope", "bench"].into_iter().chain(args.iter().copied());
    let status = cryptoscope::cli::run(args, &mut out, &mut err);
    (status, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn process(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cryptoscope"));
    command.arg("bench").args(args).env_remove("CRYPTOSCOPE_DATA").stdin(Stdio::null());
    command
}

fn lines(out: &str) -> Vec<Measurement> {
    out.lines().map(|line| serde_json::from_str(line).expect("a line is a measurement")).collect()
}

/// What every figure must satisfy.
fn assert_sound(m: &Measurement, repetitions: usize) {
    assert_eq!(m.repetitions, repetitions, "{}", m.what);
    let order =
        [m.min_secs, m.lower_quartile_secs, m.median_secs, m.upper_quartile_secs, m.max_secs];
    assert!(order[0] > 0.0 && order.is_sorted(), "{}: {order:?}", m.what);
    assert!((m.rate * m.unit_secs - 1.0).abs() < 1e-9 && m.rate_unit.ends_with("/s"), "{}", m.what);
    assert!(!m.checked.is_empty() && !m.kernel.is_empty() && m.threads >= 1);
    if let Some(limit) = &m.limit {
        assert!((limit.fraction - m.rate / limit.rate).abs() < 1e-9, "{}", m.what);
    }
}

#[test]
fn each_figure_is_one_line_of_json() {
    let (status, out, err) = bench(&["ntt", "--repetitions", "3", "--seed", "5"]);
    assert_eq!(status, 0, "{err}");
    let found = lines(&out);
    let named: Vec<_> =
        found.iter().map(|m| format!("{} {}", m.what, m.parameters["ring_degree"])).collect();
    let expected = [4096, 8192, 16_384]
        .into_iter()
        .flat_map(|n| ["forward", "inverse"].map(|d| format!("ntt {d} {n}")));
    assert_eq!(named, expected.collect::<Vec<_>>());
    found.iter().for_each(|m| assert_sound(m, 3));
    assert!(err.contains("bench ntt forward"), "progress: {err}");
}

#[test]
fn switching_is_measured_with_its_limit() {
    let (status, out, err) = bench(&["switch", "--repetitions", "1", "--threads", "2"]);
    assert_eq!(status, 0, "{err}");
    let found = lines(&out);
    let what: Vec<_> = found.iter().map(|m| m.what.as_str()).collect();
    assert_eq!(what, ["switch", "relinearise + switch"]);
    for m in &found {
        assert_sound(m, 1);
        assert_eq!(m.threads, 2);
        assert_eq!(m.parameters["ciphertexts"], 100);
        assert!(m.parameters["security_bits"].as_u64() >= Some(128));
        assert!(m.limit.is_some());
    }
}

#[test]
fn outputs_that_are_damaged_are_found() {
    let transforms = Transforms::new(1024, 1).unwrap();
    let mut evaluations = transforms.coefficients().to_vec();
    transforms.ntt().forward(&mut evaluations);
    transforms.check(&evaluations).unwrap();
    evaluations[77] ^= 1;
    let text = transforms.check(&evaluations).unwrap_err().to_string();
    assert!(text.starts_with("ntt: ") && text.ends_with("nothing is reported for it"), "{text}");

    let setting = Setting::new(2, 700_000, 3).unwrap();
    let squares = setting.squares(&cryptoscope::progress::Watch::silent()).unwrap();
    let decrypted = setting.decrypt(&squares);
    check_vectors("x", &decrypted, &setting.squared_vectors()).unwrap();
    // Ciphertexts in another order, and values that were never squared.
    let swapped = setting.decrypt(&[squares[1].clone(), squares[0].clone()]);
    assert!(check_vectors("x", &swapped, &setting.squared_vectors()).is_err());
    assert!(check_vectors("x", &decrypted, &setting.vectors).is_err());
}

#[test]
fn what_is_asked_for_wrongly_is_one_line() {
    for (args, reason) in [
        (&["bogus"][..], "possible values: ntt, encrypt"),
        (&[], "<WORKLOAD>"),
        (&["ntt", "--repetitions", "0"], "--repetitions"),
        (&["ntt", "--threads", "many"], "--threads"),
        (&["ntt", "--kernel", "mmx"], "--kernel asks for kernel mmx; this processor has portable"),
    ] {
        let (status, out, err) = bench(args);
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.starts_with("error: ") && err.lines().count() == 1, "{err}");
        assert!(err.contains(reason), "{err}");
    }
}

#[test]
fn missing_images_are_told_before_anything_is_measured() {
    let empty = tempfile::tempdir().unwrap();
    let folder = empty.path().to_str().unwrap();
    for workload in ["cryptonets", "ckks", "scaling", "all"] {
        let (status, out, err) = bench(&[workload, "--data", folder]);
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.lines().last().unwrap().contains("cryptoscope fetch mnist"), "{err}");
    }
}

#[test]
fn a_kernel_is_chosen_by_option_or_variable() {
    let run = |command: &mut Command| {
        let done = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (done.status.code(), text(done.stdout), text(done.stderr))
    };
    let args = ["ntt", "--repetitions", "1"];
    let option = run(process(&args).args(["--kernel", "portable"]));
    let variable = run(process(&args).env("CRYPTOSCOPE_KERNEL", "portable"));
    for (status, out, err) in [option, variable] {
        assert_eq!(status, Some(0), "{err}");
        assert!(lines(&out).iter().all(|m| m.kernel == "portable"), "{out}");
    }
    let (status, out, err) = run(process(&args).env("CRYPTOSCOPE_KERNEL", "mmx"));
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(err.starts_with("error: CRYPTOSCOPE_KERNEL asks for kernel mmx"), "{err}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_stops_a_measurement() {
    let mut child = process(&["ntt", "--repetitions", "10000"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    err.read_line(&mut first).unwrap();
    assert!(first.starts_with("bench ntt"), "{first}");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    // The forced stop says nothing.
    assert_eq!(rest.lines().last(), Some("error: stopped"));
}

#[test]
fn workloads_are_found_by_name() {
    for (name, workload) in Workload::NAMED {
        assert_eq!(Workload::named(name), Some(workload));
    }
    assert_eq!(Workload::named("everything"), None);
}
