#!/usr/bin/perl
# Small clients for what has none in Debian, and a load. Needs nothing but perl-base.
#
#   client.pl ask HOST PORT [TEXT]          sends TEXT (\r \n \xHH), prints the answer until it ends or nothing comes
#   client.pl datagram HOST PORT TEXT       sends one datagram, prints the answer
#   client.pl hold HOST PORT TEXT FILE      connects, writes 'held' to FILE, waits until FILE is gone, then asks
#   client.pl load PORT... -- FILE          asks every PORT in turn until FILE is gone; each answer must be complete.
#                                           Prints 'N answered, N failed' and the first failures
use strict;
use warnings;
use Socket qw(:all);
use IO::Handle;

sub bytes { my $text = shift // ''; $text =~ s/\\x([0-9a-f]{2})/chr hex $1/gie; $text =~ s/\\r/\r/g; $text =~ s/\\n/\n/g; $text }

sub connected {
  my ($host, $port, $type) = @_;
  my ($error, $found) = getaddrinfo($host, $port, { socktype => $type });
  die "$host: $error\n" if $error;
  socket(my $socket, $found->{family}, $type, 0) or die "socket: $!\n";
  setsockopt($socket, SOL_SOCKET, SO_RCVTIMEO, pack('l!l!', 10, 0));
  connect($socket, $found->{addr}) or die "connect: $!\n";
  $socket->autoflush(1);
  return $socket;
}

# What comes until the end of the stream or two quiet seconds.
sub everything {
  my ($socket, $quiet) = @_;
  my $all = '';
  while (1) {
    my $ready = '';
    vec($ready, fileno($socket), 1) = 1;
    last unless select($ready, undef, undef, $quiet);
    my $count = sysread($socket, my $part, 65536);
    die "read: $!\n" unless defined $count;
    last unless $count;
    $all .= $part;
  }
  return $all;
}

my $verb = shift // '';
$SIG{PIPE} = 'IGNORE';
if ($verb eq 'ask') {
  my $socket = connected($ARGV[0], $ARGV[1], SOCK_STREAM);
  syswrite($socket, bytes($ARGV[2])) if length($ARGV[2] // '');
  print everything($socket, 3);
} elsif ($verb eq 'datagram') {
  my $socket = connected($ARGV[0], $ARGV[1], SOCK_DGRAM);
  send($socket, bytes($ARGV[2]), 0);
  defined(recv($socket, my $answer, 65536, 0)) or die "no answer: $!\n";
  print $answer;
} elsif ($verb eq 'hold') {
  my ($host, $port, $text, $file) = @ARGV;
  my $socket = connected($host, $port, SOCK_STREAM);
  open(my $mark, '>', $file) or die "$file: $!\n";
  print $mark "held\n";
  close $mark;
  select(undef, undef, undef, 0.02) while -e $file;
  syswrite($socket, bytes($text));
  print everything($socket, 10);
} elsif ($verb eq 'load') {
  my $file = pop @ARGV;
  my @ports = grep { $_ ne '--' } @ARGV;
  my ($answered, $failed, @failures) = (0, 0);
  while (-e $file) {
    for my $port (@ports) {
      my $answer = eval {
        my $socket = connected('127.0.0.1', $port, SOCK_STREAM);
        my $text = "load $answered $port\n";
        defined(syswrite($socket, $text)) or die "write: $!\n";
        shutdown($socket, 1);
        my $all = everything($socket, 30);
        die "answered '$all'\n" unless $all eq $text;
        1;
      };
      if ($answer) { $answered++ } else { $failed++; push @failures, "$port: $@" if @failures < 5 }
    }
  }
  print "$answered answered, $failed failed\n", @failures;
  exit($failed ? 1 : 0);
} else {
  die "client.pl: $verb?\n";
}
