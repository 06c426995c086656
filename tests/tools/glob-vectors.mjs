// Writes tests/data/glob-vectors.json: what npm's glob 10 (minimatch 9), as the official Firebase client uses it for "ignore", says
// about pattern and path. Rows of pattern, path, whether it hides the path, whether it hides what is below it.
//   mkdir /tmp/v && cd /tmp/v && npm install glob@10 minimatch@9
//   node <repo>/tests/tools/glob-vectors.mjs /tmp/v/node_modules >tests/data/glob-vectors.json
// Left out on purpose: absolute patterns that match above the build ("/**"), and an escaped | inside a group, which minimatch 9
// forgets to escape and we take as a character.
// With --random SEED COUNT it writes random rows instead, for longer comparisons.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const require = createRequire(resolve(process.argv[2], 'x.js'));
const { Ignore } = require('glob');

const cases = [
	// plain, dots, slashes
	['index.html', 'index.html a/index.html Index.html index.htm index.html.x'],
	['*.txt', 'a.txt .txt a/b.txt a.txt.gz .a.txt txt'],
	['**/*.txt', 'a.txt a/b.txt a/.b.txt .txt a/b/c/d.txt a.txt/x'],
	['*', 'a .a a/b ab.c'],
	['**', 'a .a a/b a/.b/c'],
	['**/*', 'a .a a/b .a/.b'],
	['**/.*', '.hidden a/.x .well-known/.dotted .well-known/assetlinks.json .git/config .hid/f a'],
	['**/.*/**', '.git/config .git a/.x .x a/.x/y index.html a/b .well-known/x'],
	['**/node_modules/**', 'node_modules/a a/node_modules/b/c node_modules a/node_modules xnode_modules/a node_modulesx/a'],
	['node_modules', 'node_modules node_modules/a a/node_modules'],
	['a', 'a a/b b/a'], ['a/', 'a a/b a/b/c'], ['a/**', 'a a/b a/b/c ab/c b/a/c'], ['a/*', 'a a/b a/.b a/b/c'],
	['a/**/', 'a a/b a/b/c'], ['a/**/b', 'a/b a/x/b a/x/y/b a/b/c ab a/bb b'], ['**/a/**', 'a a/b x/a x/a/b x/ab/c'],
	['**/a', 'a x/a a/x x/y/a xa'], ['a/**/**/b', 'a/b a/x/b'], ['**/**', 'a a/b'], ['a**', 'a ab a/b abc'], ['**a', 'a ba x/a bba'],
	['a**b', 'ab axb a/b axxb'], ['a/**b', 'a/b a/xb a/x/b'], ['**/**/a/**/**', 'a a/b x/a/b'], ['*/**', 'a a/b .a/b a/b/c'],
	['*/*', 'a a/b a/b/c .a/.b'], ['**/*/a', 'a x/a x/y/a'], ['**/a/*/b', 'a/x/b y/a/x/b a/b a/x/y/b'],
	['**/a/**/b/**/c', 'a/b/c a/x/b/y/c x/a/b/b/c a/c/b a/b/c/d'],
	['/index.html', 'index.html'], ['/', 'a'], ['//a', 'a'], ['/a/**', 'a/b'],
	['./a', 'a ./a b/a'], ['./**/a', 'a b/a'], ['././a', 'a'], ['.//a', 'a'], ['a/./b', 'a/b'], ['a//b', 'a/b'], ['a/../b', 'b a/b'],
	['a/b/../c', 'a/c a/b/c'], ['../a', 'a'], ['a/..', 'a b'], ['**/../a/b', 'a/b x/a/b'], ['x/**/../a/b', 'a/b x/a/b x/y/a/b'], ['a/../**', 'a b/c'],
	['.firebase/*', '.firebase/x .firebase/sub/y a/.firebase/z .firebase'], ['firebase.json', 'firebase.json a/firebase.json'],
	['**/firebase-debug.log', 'firebase-debug.log a/firebase-debug.log a/firebase-debug.log.1'],
	['**/firebase-debug.*.log', 'firebase-debug.1.log a/firebase-debug.x.y.log firebase-debug.log'],
	['!index.html', 'index.html !index.html a'], ['!a/**', 'a/b !a/b b'], ['#a', '#a a'], ['# x', '#␠x x'], ['!', '! a'], ['!!a', 'a !!a !a'],
	[' a', 'a ␠a'], ['a ', 'a a␠'],
	// wildcards inside
	['?', 'a ab .a . é 😀 日'], ['??', 'a ab abc é é1 😀'], ['?.js', 'a.js ab.js .js a.jsx 日.js 😀.js'], ['a?', 'a ab abc aé a😀'], ['a??', 'a a😀 abc'],
	['???', 'abc ab 日本語 😀a'], ['*.min.*', 'a.min.js a.js .min.x a.min. min.js'], ['*.*', 'a.b a .a a. a.b.c'], ['.*', '.a a .a.b a/.b'], ['*.', 'a. a a.b'],
	['*a*b*c*', 'abc xaxbxcx acb cba aabbcc'], ['app.*.js', 'app.3f.js app.js app..js app.a.b.js xapp.1.js'], ['***', 'a .a'], ['***.js', 'a.js .js'], ['a***', 'a ab'],
	['*.js?', 'a.jsx a.js .jsx'], ['*js', 'js a.js .js xjs/y'], ['?*', 'a ab .a'], ['*?', 'a ab'], ['*??', 'a ab'], ['?*?', 'a ab abc'], ['a*', 'a ab a/b A'], ['*.JS', 'a.js a.JS'],
	// classes
	['[abc]', 'a b d ab [abc]'], ['[a-c]x', 'ax cx dx'], ['[!a-c]', 'a d 1 .'], ['[^a-c]', 'a d ^'], ['[]a]', '] a b'], ['[!]a]', '] a b'], ['[a', 'a [a'], ['a]', 'a]'], ['[]', '[] a'],
	['[!]', '[!] ! a'], ['[a-]', 'a - b'], ['[-a]', 'a - b'], ['[a\\-c]', 'a b c -'], ['[\\]]', '] \\'], ['[\\a]', 'a \\'], ['[c-a]', 'a b c'], ['[c-ax]', 'c x a'], ['x[c-a]y', 'xy xby'], ['[a-a]', 'a b'],
	['[[:alpha:]]', 'a Z 1 é 日 _ 😀'], ['[[:digit:]]x', '1x ax ٣x'], ['[[:upper:][:digit:]]', 'A a 1'], ['[![:space:]]', 'a ␠'], ['[[:alnum:]_]*', 'a_ _ -a 1'],
	['[[:xdigit:]]', 'a F g 9'], ['[[:punct:]]', '. , a - _'], ['[[:word:]]', 'a _ - é'], ['[[:lower:]]', 'a A é É'], ['[[:blank:]]', '␠ a'], ['[[:graph:]]', 'a ␠ é'],
	['[[:print:]]', 'a ␠'], ['[[:ascii:]]', 'a é'], ['[[:cntrl:]]', 'a'], ['[a[:digit:]]', 'a 1 b'], ['[![:graph:]]', 'a ␠'], ['[[:graph:]a]', 'a b ␠'], ['[[:nope:]]', 'n] : a'],
	['[a-[:alpha:]]', 'a b'], ['[[:alpha:]', 'a :'], ['[[a]]', '[] a] a'], ['[a-z].[0-9]', 'a.1 A.1 a.x'], ['[*]', '* a'], ['[?]', '? a'], ['[.]a', '.a a'], ['a[.]b', 'a.b axb'], ['[é-ü]', 'é ô a'],
	['[😀]', '😀 a'], ['x[/]y', 'x/y'], ['[a/b]', 'a b'], ['[,]', ','], ['[_]', '_ a'], ['a[b]c', 'abc a[b]c'],
	// braces
	['{a,b}', 'a b {a,b} c'], ['*.{js,css}', 'a.js a.css a.map .js'], ['{a,b}/{c,d}', 'a/c b/d a/b'], ['a{,b}', 'a ab'], ['{,a}', 'a'], ['{a}', '{a} a'], ['{a,b', '{a,b a'], ['a}', 'a}'],
	['{{a,b},c}', 'a b c'], ['{a,{b,{c,d}}}', 'a b c d'], ['{1..3}', '1 2 3 4'], ['{01..10}', '01 1 10 9 09'], ['{a..e..2}', 'a b c e'], ['{3..1}', '1 2 3'], ['{-1..1}', '-1 0 1'], ['{1..2}{a,b}', '1a 2b 1'],
	['{a..c', 'a {a..c'], ['{1..a}', '1 a {1..a}'], ['${a,b}', '${a,b} $a'], ['\\{a,b}', '{a,b} a b'], ['\\{a,b\\}', '{a,b} a b'], ['{a\\,b,c}', 'a,b c a b'], ['{},a}b', '{},a}b a}b ab'], ['a{},b}c', 'a}c abc a{},b}c'], ['{a},b}', 'a} b {a},b}'],
	['x{{a,b}}y', 'x{a}y x{b}y xay'], ['{a,b}{c,d}{e,f}', 'ace bdf acd'], ['{}', '{} a'], ['{,}', 'a'], ['a{b}c{d,e}', 'a{b}cd a{b}ce abcd'], ['{**/,}a', 'a x/a'], ['{a/**,b}', 'a/x b/x a b'], ['{**/*.map,**/*.txt}', 'a.map x/y.txt x.js'],
	['**/{a,b}/**', 'a/x y/b/z c/x'], ['{a,a/b}', 'a a/b'], ['{a..C}', 'a _ Z'], ['{0..9..3}', '0 3 6 9 1'], ['{a,b}.{1..2}', 'a.1 b.2 a.3'], ['{[a,b],c}', '[a b] c a'], ['a{1..3..0}', 'a1 a2'],
	// extended globs
	['@(a|b)', 'a b c ab @(a|b)'], ['+(a|b)', 'a ab ba c abc'], ['*(a|b)', 'a ab c abab'], ['?(a|b)', 'a b ab c'], ['!(a|b)', 'a b c ab .a'], ['!(a)', 'a b aa .'], ['!(*.js)', 'a.js a.css .js js'], ['!(a)*', 'a b ab ba'],
	['*!(a)', 'a b'], ['!(a)b', 'ab b bb cb'], ['a!(b)', 'a ab ac abb'], ['!(a)!(b)', 'a b ab c'], ['!(!(a))', 'a b'], ['!(a|!(b))', 'a b c'], ['@(a|!(b))', 'a b c'], ['!(@(a|b))', 'a b c'], ['!(+(a))', 'a aa b'], ['+(!(a))', 'a b aa'],
	['*.!(js)', 'a.js a.css a.js.css a.'], ['*.!(js|css)', 'a.js a.css a.map'], ['!(*.@(js|css))', 'a.js a.map'], ['!(node_modules)/**', 'node_modules/a src/a src a'], ['**/!(a)', 'a b x/a x/b'], ['**/!(*.html)', 'a.html a.js x/y.html x/z.js'],
	['!(assets)/*.js', 'assets/a.js x/a.js'], ['@(a|b)/**', 'a/x b/x c/x'], ['+([0-9]).js', '1.js 123.js a.js .js'], ['?(x)y', 'y xy xxy'], ['*(x)', 'x xx y a'], ['**/*(x)', 'a x/y'], ['@()', '@() a'], ['+()', '+() a'], ['!()', 'a !()'],
	['?()', '?()'], ['*()', '*() a'], ['a@()', 'a a@()'], ['@(a|)', 'a @(a|)'], ['@(|a)b', 'b ab'], ['x@(a|)', 'x xa'], ['!(a|)', 'a b'], ['!(|a)', 'a b'], ['@(a', '@(a a'], ['@(a|b', '@(a|b a'], ['+(a))', 'a) aa)'], ['a(b)', 'a(b) ab'], ['(a|b)', '(a|b) a'],
	['@(a@(b|c)d)', 'abd acd ad'], ['@(@(@(@(a))))', 'a @(a)'], ['+(+(+(+(+(a)))))', 'a aa b'], ['*(*(*(a)))', 'a aaa b'], ['!(!(!(a)))', 'a b'], ['@(a|@(b|@(c|@(d))))', 'a b c d e'], ['+(a|+(b|+(c|+(d|+(e)))))', 'abcde e f'],
	['@([a|b])', 'a | b c'], ['@(\\))', ') a'], ['@(a/b)', 'a/b'], ['+(?)', 'a ab'], ['+(*)', 'a .a'], ['*(?)', 'a.b'], ['*(.)', '. .. ...'], ['+(.)x', '.x ..x x'], ['!(.*)', '.a a'], ['.!(a)', '.a .b .'], ['?(*)', 'a'], ['?(a)*', 'a b'],
	['@(*.js|*.css)', 'a.js a.css a.x'], ['*.@(js|css)?(.map)', 'a.js a.js.map a.map'], ['!(*[0-9]*)', 'a a1 1'], ['!(a*)', 'a ab b'], ['!(*a)', 'a ba b'], ['x!(*)y', 'xy xay'], ['!(a)+(b)', 'b ab bb cb'], ['+(a|!(b)c)', 'a c bc ac'], ['{!(a),b}', 'a b c'],
	['!(a){b,c}', 'ab b c xc'], ['!(?(a))', 'a b'], ['!(?(a)|b)', 'a b c'], ['+(?(a))', 'a aa b'], ['@(?(a)b)', 'b ab'], ['@(!(a)|a)', 'a b'], ['!(a)/!(b)', 'x/y a/y x/b'], ['!(x|y)!(a|b)c', 'c xc xac zc'], ['*(a|b)c!(d)', 'c abc abcd ce'],
	// escapes
	['\\*', '* a'], ['\\?', '? a'], ['a\\*b', 'a*b axb'], ['\\a', 'a \\a'], ['\\[a\\]', '[a] a'], ['a\\', 'a\\ a'], ['\\\\', '\\ a'], ['\\\\a', '\\a a'], ['*\\.js', 'a.js a\\.js .js'], ['?\\.js', 'a.js a\\.js'], ['a\\/b', 'a/b a\\/b'], ['\\!a', '!a a'], ['\\#a', '#a'], ['\\@(a)', '@(a) a'],
	['@\\(a)', '@(a) a'], ['\\{a\\,b\\}', '{a,b} a,b'], ['**\\/a', 'a x/a'], ['\\**', '* *a a'], ['a\\*', 'a* ab'], ['[\\!a]', '! a b'], ['\\é', 'é'], ['\\-', '-'], ['a\\ b', 'a b'], ['\\.a', '.a a'], ['x\\', 'x x\\'],
	// names
	['日本/*', '日本/語 日/本'], ['*é*', 'café cafe'], ['😀*', '😀a a😀'], ['*😀', 'a😀 a'], ['$(x)', '$(x)'], ['%2e', '%2e .'], ['-rf', '-rf'], ['a b', 'a'], ['a+b', 'a+b aab'], ['a.b', 'a.b axb'], ['a^b$', 'a^b$'], ['a|b', 'a|b a b'], ['(', '('], [')', ')'], ['a,b', 'a,b a'], ['~', '~'], ['*~', 'a~ ~ a'],
	['#*#', '#a# a'], ['.#*', '.#a a'], ['.*.sw?', '.a.swp .a.swo a.swp'], ['a=b', 'a=b'], ['"', '"'], ["'", "'"],
];

let seed = 0;
const pick = list => list[(seed = (seed * 48271) % 2147483647, Math.floor(seed / 7) % list.length)];
const pieces = ['a', 'b', 'c', 'a', 'b', '*', '?', '**', '/', '/', '.', '..', '!(', '@(', '+(', '?(', '*(', ')', ')', '|', '|', '{', '}', ',', '..', '[', ']', '[!', 'a-c', '[ab]', '\\', '[[:alpha:]]',
	'-', '$', 'é', '😀', '{a,b}', '!(a)', '@(a|b)', '1', '{1..3}', '#', '^', '()', '(', '**/', '/**', '.js'];
const names = ['a', 'b', 'c', 'ab', 'ba', 'aa', 'abc', '.a', 'a.js', '.js', 'é', '😀', 'a😀', '*', '!a', '{a,b}', '(', ')', '|', 'a|b', '1', '2', 'a1', 'aab', 'bb', '@(a)', '[', ']', '\\', 'a\\', '-', 'ca', 'a-c', '$'];
const word = (list, most) => Array.from({ length: 1 + Math.floor(pick([...Array(most).keys()])) }, () => pick(list));

function* random(count) {
	for (let i = 0; i < count; i++)
		yield [word(pieces, 7).join(''), Array.from({ length: 8 }, () => word(names, 3).join('/'))];
}

const lines = [];

function rows(pattern, paths) {
	let ignore;
	try {
		ignore = new Ignore([pattern], { platform: 'linux' });
		for (const path of paths) {
			const p = { relative: () => path, fullpath: () => '/no/such/root/' + path };
			if (path.split('/').every(part => part !== '.' && part !== '..' && part !== ''))
				lines.push(JSON.stringify([pattern, path, ignore.ignored(p), ignore.childrenIgnored(p)]));
		}
	} catch (e) {
		return;         // a pattern that ends the official client says nothing about ours
	}
}

if (process.argv[3] === '--random') {
	seed = Number(process.argv[4]);
	for (const [pattern, paths] of random(Number(process.argv[5])))
		rows(pattern, paths);
} else {
	for (const [pattern, paths] of cases)
		rows(pattern, paths.split(' ').map(path => path.replaceAll('␠', ' ')));
}
console.log('[\n' + lines.join(',\n') + '\n]');
