//! A minimal HTTP client on a blocking socket, so that it uses little of the CPU that it shares with the server.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// One connection that is kept alive.
pub struct Client {
    stream: BufReader<TcpStream>,
    address: String,
    key: String,
}

impl Client {
    /// Connects to the API at `address`, with this API key.
    pub fn connect(address: &str, key: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), address: address.to_owned(), key: key.to_owned() })
    }

    /// Sends a GET and returns the body.
    pub fn get(&mut self, path: &str) -> Result<Value> {
        self.send("GET", path, None)
    }

    /// Sends a request and returns the body.
    pub fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let bytes = self.send_raw(method, path, body)?;
        serde_json::from_slice(&bytes).context("the response is not JSON")
    }

    /// Sends a request and returns the body unparsed.
    pub fn send_raw(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Vec<u8>> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let Self { address, key, .. } = self;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let success = line.split(' ').nth(1).is_some_and(|status| status.starts_with('2'));
        let status = line.trim().to_owned();
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        if !success {
            bail!("{method} {path}: {status}: {}", String::from_utf8_lossy(&bytes));
        }
        Ok(bytes)
    }
}
