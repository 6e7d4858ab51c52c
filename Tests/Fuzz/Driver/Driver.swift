import FuzzTargets
import Glibc

// libFuzzer brings `main`; these are what it calls (https://llvm.org/docs/LibFuzzer.html).

/// The first word of the command line is the target's, `list` prints all; what follows is libFuzzer's.
@_cdecl("LLVMFuzzerInitialize") public func initialize(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
  let word = count.pointee > 1 ? arguments.pointee[1].map { String(cString: $0) } : nil
  if word == "list" {
    for target in FuzzTarget.all { print(target.name, target.longestInput) }
    exit(0)
  }
  guard let word, let named = FuzzTarget.named(word) else {
    print("usage: fuzz list | fuzz TARGET [OPTION...] [DIRECTORY...]")
    exit(64)
  }
  target = named
  // libFuzzer starts itself anew with its own first word, which is put over the target's.
  arguments.pointee[1] = arguments.pointee[0]
  arguments.pointee += 1
  count.pointee -= 1
  return 0
}

/// Chosen once, before the first input.
nonisolated(unsafe) private var target = FuzzTarget.all[0]

/// One input for the target.
@_cdecl("LLVMFuzzerTestOneInput") public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  target.run(Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}

#if OWN_MAIN
  @_silgen_name("LLVMFuzzerRunDriver") private func run(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
  ) -> CInt

  /// Where SwiftPM lets a program begin that it was not told to build with `--sanitize fuzzer`.
  @_cdecl("fuzz_main") public func begin(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> CInt {
    var count = count
    var arguments = arguments
    return run(&count, &arguments, testOneInput)
  }
#endif
