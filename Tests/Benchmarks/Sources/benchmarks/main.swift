import Foundation

do {
  let options = try Options(Array(CommandLine.arguments.dropFirst()))
  var benchmark = Benchmark(options)
  try benchmark.run()
  print(benchmark.results.table)
  try benchmark.results.json().write(to: URL(filePath: options.json))
  exit(benchmark.results.failures.isEmpty ? 0 : 1)
} catch {
  FileHandle.standardError.write(Data("benchmarks: \(error)\n".utf8))
  exit(1)
}
