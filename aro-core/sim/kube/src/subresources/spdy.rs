//! Frames of SPDY/3.1, as far as streams into pods need them. Clients open all streams.
//!
//! ```text
//! control: 1 version(15)=3 type(16) flags(8) length(24) payload
//! data:    0 stream(31)             flags(8) length(24) bytes
//! ```

use bytes::{Buf as _, Bytes, BytesMut};
use flate2::{Decompress, FlushDecompress};

/// The sender says no more on the stream.
const FIN: u8 = 1;
const CONTROL: u32 = 1 << 31;
const VERSION: u32 = 3;
const SYN_STREAM: u32 = 1;
const SYN_REPLY: u32 = 2;
const RST_STREAM: u32 = 3;
const PING: u32 = 6;
const GOAWAY: u32 = 7;
const FRAME_HEAD: usize = 8;
/// The first bytes of a compressed session: its method and the sum of the dictionary.
const ZLIB_HEAD: usize = 6;
/// Most bytes of one frame, and of the headers of one stream.
const MOST: usize = 1 << 24;
const MOST_HEADERS: usize = 1 << 16;

/// What a client sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Open {
        stream: u32,
        headers: Vec<(String, String)>,
    },
    Data {
        stream: u32,
        bytes: Bytes,
        last: bool,
    },
    Reset {
        stream: u32,
    },
    Ping {
        id: u32,
    },
    GoAway,
}

/// What is no SPDY.
#[derive(Debug, thiserror::Error)]
pub(super) enum SpdyError {
    #[error("a frame is cut short")]
    Short,
    #[error("a frame has {0} bytes")]
    Long(usize),
    #[error("headers cannot be read: {0}")]
    Headers(#[from] flate2::DecompressError),
    #[error("headers are no pairs of texts")]
    Pairs,
}

/// Reads frames out of bytes that come in any portions.
pub(super) struct Decoder {
    buffer: BytesMut,
    headers: Decompress,
    /// Bytes of the session's compressed head that are still to come.
    head: usize,
}

impl Decoder {
    pub(super) fn new() -> Result<Self, SpdyError> {
        // The dictionary is what a deflate stream may refer back to: it is read as a stored block of its own.
        let dictionary = dictionary();
        let length = u16::try_from(dictionary.len()).map_err(|_| SpdyError::Long(dictionary.len()))?;
        let mut primer = vec![0];
        primer.extend(length.to_le_bytes());
        primer.extend((!length).to_le_bytes());
        primer.extend(dictionary);
        let mut headers = Decompress::new(false);
        let mut read = Vec::with_capacity(primer.len());
        headers.decompress_vec(&primer, &mut read, FlushDecompress::Sync)?;
        Ok(Self {
            buffer: BytesMut::new(),
            headers,
            head: ZLIB_HEAD,
        })
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame that is of any concern.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, SpdyError> {
        loop {
            let mut head = self.buffer.as_ref();
            if head.len() < FRAME_HEAD {
                return Ok(None);
            }
            let (first, second) = (head.get_u32(), head.get_u32());
            let length = usize::try_from(second & 0x00ff_ffff).unwrap_or(MOST);
            if length >= MOST {
                return Err(SpdyError::Long(length));
            }
            if self.buffer.len() < FRAME_HEAD + length {
                return Ok(None);
            }
            self.buffer.advance(FRAME_HEAD);
            let payload = self.buffer.split_to(length).freeze();
            let [flags, ..] = second.to_be_bytes();
            if first & CONTROL == 0 {
                return Ok(Some(Frame::Data {
                    stream: first,
                    bytes: payload,
                    last: flags & FIN != 0,
                }));
            }
            if let Some(frame) = self.control(first & 0xffff, payload)? {
                return Ok(Some(frame));
            }
        }
    }

    fn control(&mut self, kind: u32, mut payload: Bytes) -> Result<Option<Frame>, SpdyError> {
        Ok(match kind {
            SYN_STREAM => {
                let stream = word(&mut payload)? & !CONTROL;
                // The stream it belongs to, its priority and its credential.
                if payload.len() < 6 {
                    return Err(SpdyError::Short);
                }
                payload.advance(6);
                let headers = self.headers(&payload)?;
                Some(Frame::Open { stream, headers })
            }
            RST_STREAM => Some(Frame::Reset {
                stream: word(&mut payload)? & !CONTROL,
            }),
            PING => Some(Frame::Ping {
                id: word(&mut payload)?,
            }),
            GOAWAY => Some(Frame::GoAway),
            // Settings and windows: nothing here depends on them.
            _ => None,
        })
    }

    fn headers(&mut self, compressed: &[u8]) -> Result<Vec<(String, String)>, SpdyError> {
        let skipped = self.head.min(compressed.len());
        self.head -= skipped;
        let mut rest = &compressed[skipped..];
        let mut plain: Vec<u8> = Vec::with_capacity(1024);
        loop {
            let (read, written) = (self.headers.total_in(), plain.len());
            self.headers.decompress_vec(rest, &mut plain, FlushDecompress::Sync)?;
            let used = usize::try_from(self.headers.total_in() - read).unwrap_or(rest.len());
            rest = &rest[used..];
            if plain.len() > MOST_HEADERS {
                return Err(SpdyError::Long(plain.len()));
            }
            if rest.is_empty() && plain.len() < plain.capacity() || (used == 0 && plain.len() == written) {
                break;
            }
            plain.reserve(1024);
        }
        let mut plain = Bytes::from(plain);
        let text = |plain: &mut Bytes| {
            let length = usize::try_from(word(plain)?).map_err(|_| SpdyError::Pairs)?;
            if plain.len() < length {
                return Err(SpdyError::Short);
            }
            String::from_utf8(plain.split_to(length).to_vec()).map_err(|_| SpdyError::Pairs)
        };
        (0..word(&mut plain)?)
            .map(|_| Ok((text(&mut plain)?, text(&mut plain)?)))
            .collect()
    }
}

fn word(bytes: &mut Bytes) -> Result<u32, SpdyError> {
    if bytes.len() < 4 {
        return Err(SpdyError::Short);
    }
    Ok(bytes.get_u32())
}

/// Writes frames.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    started: bool,
}

impl Encoder {
    /// Accepts a stream. Its reply has no headers, so they are written as they are: compression is begun and not used.
    pub(super) fn reply(&mut self, stream: u32) -> Bytes {
        const HEAD: [u8; 2] = [0x78, 0x01];
        const NO_HEADERS: [u8; 9] = [0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0];
        const FLUSH: [u8; 5] = [0, 0, 0, 0xff, 0xff];
        let mut payload = stream.to_be_bytes().to_vec();
        if !std::mem::replace(&mut self.started, true) {
            payload.extend(HEAD);
        }
        payload.extend(NO_HEADERS);
        payload.extend(FLUSH);
        control(SYN_REPLY, &payload)
    }
}

pub(super) fn pong(id: u32) -> Bytes {
    control(PING, &id.to_be_bytes())
}

pub(super) fn data(stream: u32, bytes: &[u8], last: bool) -> Bytes {
    frame(stream, u8::from(last) * FIN, bytes)
}

fn control(kind: u32, payload: &[u8]) -> Bytes {
    frame(CONTROL | VERSION << 16 | kind, 0, payload)
}

fn frame(first: u32, flags: u8, payload: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(FRAME_HEAD + payload.len());
    frame.extend(first.to_be_bytes());
    frame.push(flags);
    // A length has three bytes; callers write far less.
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    frame.extend(&length[1..]);
    frame.extend(payload);
    frame.into()
}

/// Texts that headers are likely to have, each after its length.
const WORDS: &str = "options,head,post,put,delete,trace,accept,accept-charset,accept-encoding,accept-language,accept-ranges,\
                     age,allow,authorization,cache-control,connection,content-base,content-encoding,content-language,\
                     content-length,content-location,content-md5,content-range,content-type,date,etag,expect,expires,from,\
                     host,if-match,if-modified-since,if-none-match,if-range,if-unmodified-since,last-modified,location,\
                     max-forwards,pragma,proxy-authenticate,proxy-authorization,range,referer,retry-after,server,te,\
                     trailer,transfer-encoding,upgrade,user-agent,vary,via,warning,www-authenticate,method,get,status,\
                     200 OK,version,HTTP/1.1,url,public,set-cookie,keep-alive,origin";
const REST: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505\
                    203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request\
                    401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented\
                    503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 \
                    Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,\
                    application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=\
                    gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

/// The dictionary of SPDY/3 headers.
fn dictionary() -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in WORDS.split(',') {
        bytes.extend(u32::try_from(word.len()).unwrap_or_default().to_be_bytes());
        bytes.extend(word.bytes());
    }
    bytes.extend(REST.bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum that a session's head names the dictionary by.
    #[test]
    fn the_dictionary_is_the_published_one() {
        let (mut low, mut high) = (1_u32, 0_u32);
        for byte in dictionary() {
            low = (low + u32::from(byte)) % 65_521;
            high = (high + low) % 65_521;
        }
        assert_eq!(high << 16 | low, 0xe3c6_a7c2);
    }

    #[test]
    fn frames_are_read_in_any_portions() {
        // `streamtype: data`, `port: 80`, as zlib with the dictionary writes them, stored.
        let mut plain = 2_u32.to_be_bytes().to_vec();
        for text in ["streamtype", "data", "port", "80"] {
            plain.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
            plain.extend(text.bytes());
        }
        let length = u16::try_from(plain.len()).unwrap();
        let mut payload = 1_u32.to_be_bytes().to_vec();
        payload.extend([0; 6]);
        payload.extend([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2, 0]);
        payload.extend(length.to_le_bytes());
        payload.extend((!length).to_le_bytes());
        payload.extend(plain);
        payload.extend([0, 0, 0, 0xff, 0xff]);
        let sent = [control(SYN_STREAM, &payload), data(1, b"hello", true), pong(7)].concat();

        let mut decoder = Decoder::new().unwrap();
        let mut frames = Vec::new();
        for byte in sent {
            decoder.feed(&[byte]);
            frames.extend(decoder.next().unwrap());
        }
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            frames,
            [
                Frame::Open {
                    stream: 1,
                    headers: vec![pair("streamtype", "data"), pair("port", "80")],
                },
                Frame::Data {
                    stream: 1,
                    bytes: Bytes::from_static(b"hello"),
                    last: true,
                },
                Frame::Ping { id: 7 },
            ]
        );
    }
}
