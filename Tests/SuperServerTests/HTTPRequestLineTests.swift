import Testing

@testable import SuperServer

@Suite struct HTTPRequestLineTests {
  private func line(_ text: String) -> HTTPRequestLine? { HTTPRequestLine(Array(text.utf8)) }

  @Test func methodAndPathAreRead() {
    #expect(line("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")?.path == "/metrics")
    #expect(line("GET /metrics?x=1 HTTP/1.0\r\n\r\n")?.path == "/metrics")
    #expect(line("POST / HTTP/1.1\r\n\r\n")?.method == "POST")
  }

  @Test(arguments: ["", "\r\n", "GET /metrics", "GET  /metrics HTTP/1.1", "GET metrics HTTP/1.1", "GET / HTTP/2"])
  func whatIsNoRequestIsNone(text: String) { #expect(line(text) == nil) }

  @Test func theHeadEndsAtAnEmptyLine() {
    #expect(HTTPRequestLine.endsHead(Array("GET / HTTP/1.1\r\nA: b\r\n\r\n".utf8)))
    #expect(HTTPRequestLine.endsHead(Array("GET / HTTP/1.1\n\n".utf8)))
    #expect(!HTTPRequestLine.endsHead(Array("GET / HTTP/1.1\r\nA: b\r\n".utf8)))
  }
}

@Suite struct OpenMetricsTextTests {
  @Test func secondsAreExactDecimals() {
    #expect(OpenMetricsText.seconds(microseconds: 10) == "0.00001")
    #expect(OpenMetricsText.seconds(microseconds: 1_500_000) == "1.5")
    #expect(OpenMetricsText.seconds(microseconds: 86_400_000_000) == "86400.0")
  }

  @Test func histogramsAreCumulative() {
    var histogram = Histogram(bounds: [10, 100])
    for value in [5, 10, 50, 1000] { histogram.add(microseconds: Int64(value)) }
    var text = OpenMetricsText()
    text.histogram("x", OpenMetricsText.label("service", "a\"b"), histogram)
    #expect(
      text.text == #"""
        x_bucket{service="a\"b",le="0.00001"} 2
        x_bucket{service="a\"b",le="0.0001"} 3
        x_bucket{service="a\"b",le="+Inf"} 4
        x_count{service="a\"b"} 4
        x_sum{service="a\"b"} 0.001065

        """#)
  }
}
