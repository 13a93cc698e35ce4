//! Downloads against a server on loopback that misbehaves.

use cryptoscope::data::fetch::{FetchError, Fetched, Patience, RemoteFile, archived, files};
use cryptoscope::progress::{Cancel, Watch};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How one request is answered.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Whole,
    /// Honours `Range`, like a real mirror.
    Range,
    /// Announces everything, sends this many bytes, and hangs up.
    Truncated(usize),
    /// Sends this many bytes and then nothing more.
    Stall(usize),
    /// Right length, one byte flipped.
    Corrupt,
    /// More bytes than the file has.
    TooLong,
    /// `206` for a range that was not asked for.
    WrongRange,
    Status(u16),
    /// Not HTTP at all.
    Garbage,
}

struct Server {
    url: String,
    /// The `Range` header of each request so far.
    ranges: Arc<Mutex<Vec<Option<String>>>>,
}

/// Serves `body` under any path: the n-th request gets the n-th answer, later ones the last.
fn serve(body: Vec<u8>, answers: &[Answer]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/set/", listener.local_addr().unwrap());
    let ranges = Arc::new(Mutex::new(Vec::new()));
    let (answers, seen) = (answers.to_vec(), ranges.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut range = None;
            for line in BufReader::new(&stream).lines().map_while(Result::ok) {
                if line.is_empty() {
                    break;
                }
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("range")
                {
                    range = Some(value.trim().to_owned());
                }
            }
            let mut seen = seen.lock().unwrap();
            let answer = answers[seen.len().min(answers.len() - 1)];
            seen.push(range.clone());
            drop(seen);
            let body = body.clone();
            // The client may hang up at any time; that is its right.
            std::thread::spawn(move || respond(stream, &body, answer, range.as_deref()).ok());
        }
    });
    Server { url, ranges }
}

fn respond(
    mut stream: TcpStream,
    body: &[u8],
    answer: Answer,
    range: Option<&str>,
) -> std::io::Result<()> {
    let mut head = |status: &str, extra: &str, len: usize| {
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {len}\r\n{extra}Connection: close\r\n\r\n"
        )
    };
    let len = body.len();
    let start: usize =
        range.and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0);
    match answer {
        Answer::Range if range.is_some() => {
            head(
                "206 Partial Content",
                &format!("Content-Range: bytes {start}-{}/{len}\r\n", len - 1),
                len - start,
            )?;
            stream.write_all(&body[start..])
        }
        Answer::Whole | Answer::Range => {
            head("200 OK", "", len)?;
            stream.write_all(body)
        }
        Answer::Truncated(sent) => {
            head("200 OK", "", len)?;
            stream.write_all(&body[..sent])
        }
        Answer::Stall(sent) => {
            head("200 OK", "", len)?;
            stream.write_all(&body[..sent])?;
            std::thread::sleep(Duration::from_secs(30));
            Ok(())
        }
        Answer::Corrupt => {
            head("200 OK", "", len)?;
            let mut body = body.to_vec();
            body[len / 2] ^= 1;
            stream.write_all(&body)
        }
        Answer::TooLong => {
            head("200 OK", "", len * 2)?;
            stream.write_all(body)?;
            stream.write_all(body)
        }
        Answer::WrongRange => {
            head(
                "206 Partial Content",
                &format!("Content-Range: bytes 1-{}/{len}\r\n", len - 1),
                len - 1,
            )?;
            stream.write_all(&body[1..])
        }
        Answer::Status(code) => head(&format!("{code} Sorry"), "", 0),
        Answer::Garbage => stream.write_all(b"\x00\x01 this is not HTTP\r\n\r\n"),
    }
}

fn body() -> Vec<u8> {
    (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn wanted(body: &[u8]) -> Vec<RemoteFile> {
    let sha256 = Sha256::digest(body).iter().map(|b| format!("{b:02x}")).collect();
    vec![RemoteFile { name: "data.gz".into(), bytes: body.len() as u64, sha256 }]
}

fn patience() -> Patience {
    Patience { connect: Duration::from_secs(5), stall: Duration::from_millis(400) }
}

struct Outcome {
    result: Result<Fetched, FetchError>,
    dir: tempfile::TempDir,
}

impl Outcome {
    /// The file is there, whole and right, and nothing else is.
    fn assert_right(&self) {
        self.result.as_ref().unwrap();
        assert_eq!(std::fs::read(self.dir.path().join("data.gz")).unwrap(), body());
        assert_eq!(std::fs::read_dir(self.dir.path()).unwrap().count(), 1);
    }

    /// The fetch failed with `reason` in its one line, and no file pretends to be the data.
    fn assert_failed(&self, reason: &str) {
        let text = self.result.as_ref().unwrap_err().to_string();
        assert!(text.contains(reason) && !text.contains('\n'), "{text}");
        assert!(!self.dir.path().join("data.gz").exists());
    }
}

fn fetch_into(dir: tempfile::TempDir, servers: &[&Server]) -> Outcome {
    let mirrors: Vec<_> = servers.iter().map(|s| s.url.clone()).collect();
    let result = files(dir.path(), &wanted(&body()), &mirrors, patience(), &Watch::silent());
    Outcome { result, dir }
}

fn fetch(servers: &[&Server]) -> Outcome {
    fetch_into(tempfile::tempdir().unwrap(), servers)
}

fn ranges(server: &Server) -> Vec<Option<String>> {
    server.ranges.lock().unwrap().clone()
}

#[test]
fn a_file_is_downloaded_with_progress_to_the_end() {
    let steps = Mutex::new(Vec::new());
    let report = |step| steps.lock().unwrap().push(step);
    let server = serve(body(), &[Answer::Whole]);
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("new/folder");
    let watch = Watch::new(Cancel::default(), &report);
    // A mirror without the final slash is the same mirror.
    let mirror = server.url.trim_end_matches('/').to_owned();
    let got = files(&deep, &wanted(&body()), &[mirror], patience(), &watch).unwrap();
    assert_eq!((got.downloaded, got.bytes), (vec!["data.gz".to_owned()], 300_000));
    assert_eq!(std::fs::read(deep.join("data.gz")).unwrap(), body());
    let steps = steps.lock().unwrap();
    assert!(steps.is_sorted_by_key(|s| s.done));
    assert_eq!(steps.last().map(|s| (s.done, s.total)), Some((300_000, 300_000)));
}

#[test]
fn a_file_that_is_right_is_kept_and_a_wrong_one_replaced() {
    let server = serve(body(), &[Answer::Whole]);
    let first = fetch(&[&server]);
    first.assert_right();
    let second = fetch_into(first.dir, &[&server]);
    assert_eq!(second.result.as_ref().unwrap().kept, ["data.gz"]);
    assert_eq!(ranges(&server).len(), 1);
    let mut wrong = body();
    wrong[7] ^= 1;
    // Whose it was is not known, so it is moved away and not lost.
    let mut dir = second.dir;
    for name in ["data.gz", "1-data.gz"] {
        std::fs::write(dir.path().join("data.gz"), &wrong).unwrap();
        let third = fetch_into(dir, &[&server]);
        let moved = third.dir.path().join("replaced").join(name);
        assert_eq!(third.result.unwrap().replaced, vec![moved.clone()]);
        assert_eq!(std::fs::read(moved).unwrap(), wrong);
        assert_eq!(std::fs::read(third.dir.path().join("data.gz")).unwrap(), body());
        dir = third.dir;
    }
}

#[test]
fn a_broken_line_is_continued_where_it_stopped() {
    let server = serve(body(), &[Answer::Truncated(100_000), Answer::Range]);
    fetch(&[&server]).assert_right();
    assert_eq!(ranges(&server), [None, Some("bytes=100000-".into())]);
}

#[test]
fn a_part_from_before_is_continued() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("data.gz.part"), &body()[..50_000]).unwrap();
    let server = serve(body(), &[Answer::Range]);
    let outcome = fetch_into(dir, &[&server]);
    outcome.assert_right();
    assert_eq!(outcome.result.unwrap().bytes, 250_000);
    assert_eq!(ranges(&server), [Some("bytes=50000-".into())]);
}

#[test]
fn a_whole_part_is_only_checked_and_renamed() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("data.gz.part"), body()).unwrap();
    let server = serve(body(), &[Answer::Status(500)]);
    fetch_into(dir, &[&server]).assert_right();
    assert!(ranges(&server).is_empty());
}

#[test]
fn a_server_without_ranges_gives_it_all_again() {
    let server = serve(body(), &[Answer::Truncated(100_000), Answer::Whole]);
    fetch(&[&server]).assert_right();
}

#[test]
fn a_spoilt_part_is_thrown_away_and_fetched_clean() {
    for spoilt in [vec![0; 50_000], vec![0; 300_000], vec![0; 400_000]] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("data.gz.part"), spoilt).unwrap();
        fetch_into(dir, &[&serve(body(), &[Answer::Range])]).assert_right();
    }
}

#[test]
fn a_refused_or_wrong_range_is_followed_by_a_clean_try() {
    for answer in [Answer::Status(416), Answer::WrongRange] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("data.gz.part"), &body()[..50_000]).unwrap();
        let server = serve(body(), &[answer, Answer::Range]);
        fetch_into(dir, &[&server]).assert_right();
        assert_eq!(ranges(&server)[1], None);
    }
}

#[test]
fn a_stalled_mirror_is_left_for_the_next_which_continues() {
    let bad = serve(body(), &[Answer::Stall(100_000), Answer::Stall(0)]);
    let good = serve(body(), &[Answer::Range]);
    fetch(&[&bad, &good]).assert_right();
}

#[test]
fn a_mirror_that_fails_is_left_for_the_next() {
    let good = serve(body(), &[Answer::Whole]);
    let nobody = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Server { url: format!("http://{free}/"), ranges: Arc::default() }
    };
    fetch(&[&nobody, &good]).assert_right();
    for answer in [
        Answer::Status(404),
        Answer::Status(500),
        Answer::Corrupt,
        Answer::TooLong,
        Answer::WrongRange,
        Answer::Garbage,
    ] {
        fetch(&[&serve(body(), &[answer]), &good]).assert_right();
    }
}

#[test]
fn when_no_mirror_is_left_each_one_s_reason_is_told() {
    fetch(&[&serve(body(), &[Answer::Corrupt])]).assert_failed("the checksum is wrong");
    fetch(&[&serve(body(), &[Answer::TooLong])]).assert_failed("more than the 300000 bytes");
    fetch(&[&serve(body(), &[Answer::Stall(0)])]).assert_failed("nothing came for");
    fetch(&[]).assert_failed("none is named");
    let (a, b) = (serve(body(), &[Answer::Status(404)]), serve(body(), &[Answer::Status(500)]));
    let both = fetch(&[&a, &b]);
    both.assert_failed("HTTP 404");
    both.assert_failed("HTTP 500");
}

#[test]
fn a_mirror_that_always_breaks_is_tried_a_few_times_only() {
    let server = serve(body(), &[Answer::Truncated(1000), Answer::Truncated(2000)]);
    fetch(&[&server]).assert_failed("of 300000 bytes there");
    assert!(ranges(&server).len() <= 4);
}

#[test]
fn a_cancel_stops_at_once_and_keeps_what_came() {
    let server = serve(body(), &[Answer::Stall(100_000)]);
    let dir = tempfile::tempdir().unwrap();
    let cancel = Cancel::default();
    let stopped = {
        let cancel = cancel.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            cancel.cancel();
        })
    };
    let watch = Watch::new(cancel, &|_| {});
    let slow = Patience { stall: Duration::from_secs(20), ..patience() };
    let result =
        files(dir.path(), &wanted(&body()), std::slice::from_ref(&server.url), slow, &watch);
    stopped.join().unwrap();
    assert!(matches!(result, Err(FetchError::Cancelled(_))), "{result:?}");
    assert_eq!(std::fs::read(dir.path().join("data.gz.part")).unwrap(), &body()[..100_000]);
}

#[test]
fn disk_errors_name_the_path() {
    let server = serve(body(), &[Answer::Whole]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let mirrors = [server.url.clone()];
    let inside = files(&file, &wanted(&body()), &mirrors, patience(), &Watch::silent());
    let text = inside.unwrap_err().to_string();
    assert!(text.contains("file: cannot make the folder"), "{text}");
    std::fs::create_dir(dir.path().join("data.gz")).unwrap();
    let taken = files(dir.path(), &wanted(&body()), &mirrors, patience(), &Watch::silent());
    assert!(taken.unwrap_err().to_string().contains("data.gz: cannot put the file there"));
}

#[test]
fn two_downloads_of_one_file_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    let part = std::fs::File::create(dir.path().join("data.gz.part")).unwrap();
    part.lock().unwrap();
    fetch_into(dir, &[&serve(body(), &[Answer::Whole])]).assert_failed("another download");
}

/// A ZIP archive of these files.
fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn files_are_taken_out_of_the_first_archive_that_has_them_right() {
    let damaged: &[u8] = &[&body()[..], b"more"].concat();
    let whole = body();
    let wrong = serve(zipped(&[("set/data.gz", damaged)]), &[Answer::Whole]);
    let empty = serve(zipped(&[("set/other.gz", &whole)]), &[Answer::Whole]);
    let no_zip = serve(body(), &[Answer::Whole]);
    let gone = serve(Vec::new(), &[Answer::Status(404)]);
    let copies = [("__MACOSX/set/data.gz", &b"copy"[..]), ("set/data.gz", &whole)];
    let right = serve(zipped(&copies), &[Answer::Whole]);
    let dir = tempfile::tempdir().unwrap();
    let take = |servers: &[&Server]| {
        let addresses: Vec<String> = servers.iter().map(|s| format!("{}set.zip", s.url)).collect();
        archived(dir.path(), &wanted(&body()), &addresses, patience(), &Watch::silent())
    };
    let told = take(&[&wrong, &empty, &no_zip, &gone]).unwrap_err().to_string();
    for reason in ["checksum is wrong", "the archive has no data.gz", "no ZIP archive", "HTTP 404"]
    {
        assert!(told.contains(reason) && !told.contains('\n'), "{told}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let got = take(&[&wrong, &right]).unwrap();
    assert_eq!(got.downloaded, ["data.gz"]);
    assert_eq!(std::fs::read(dir.path().join("data.gz")).unwrap(), whole);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}
