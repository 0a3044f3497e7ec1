//! A small HTTP server that answers as a test wants, one request after another.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

/// A received request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The request line and the headers.
    pub head: Vec<String>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        let found = self.head.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("no {name} in {:?}", self.head))
    }
}

/// A response: the status, further headers, each with its line end, and the body.
pub type Response = (u16, &'static str, String);

/// A running server, for as long as the test runs.
pub struct Server {
    pub url: String,
    requests: Receiver<Request>,
}

impl Server {
    pub fn start(mut respond: impl FnMut(&Request) -> Response + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, requests) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client may end while it waits for the response.
                let Some(request) = read(&stream) else { continue };
                let (status, headers, body) = respond(&request);
                let _ = sender.send(request);
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status} -\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n");
                let _ = (&stream).write_all((head + &body).as_bytes());
            }
        });
        Self { url, requests }
    }

    /// Returns the next request.
    pub fn request(&self) -> Request {
        self.requests.recv_timeout(Duration::from_mins(1)).expect("a request")
    }

    /// Returns whether no request has come since the last one that was taken.
    pub fn is_quiet(&self) -> bool {
        self.requests.try_recv().is_err()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { head, body: String::from_utf8(body).ok()? })
}
