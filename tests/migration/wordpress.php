<?php
/**
 * Imports WXR files into a WordPress with its own importer, and prints what is there then, as JSON.
 *
 * php wordpress.php WORDPRESS IMG OLD_ADDRESS REDIRECTS.csv FILE.xml ...
 */
[ , $root, $img, $old, $csv ] = $argv;
$files = array_slice( $argv, 5 );
$_SERVER += array( 'HTTP_HOST' => '127.0.0.1', 'SERVER_NAME' => '127.0.0.1', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REQUEST_METHOD' => 'GET' );
define( 'WP_LOAD_IMPORTERS', true );
require "$root/wp-load.php";
foreach ( array( 'import', 'post', 'taxonomy', 'comment', 'user', 'file', 'media', 'image' ) as $part ) {
	require_once ABSPATH . "wp-admin/includes/$part.php";
}
require_once ABSPATH . 'wp-admin/includes/class-wp-importer.php';
require_once WP_PLUGIN_DIR . '/wordpress-importer/wordpress-importer.php';
wp_set_current_user( 1 );
update_option( 'permalink_structure', '/%category%/%postname%/' );
$GLOBALS['wp_rewrite']->init();
create_initial_taxonomies();
$GLOBALS['wp_rewrite']->flush_rules();

// What a new WordPress contains.
foreach ( get_posts( array( 'post_type' => array( 'post', 'page' ), 'post_status' => 'any', 'numberposts' => -1 ) ) as $post ) {
	wp_delete_post( $post->ID, true );
}
foreach ( get_comments() as $comment ) {
	wp_delete_comment( $comment->comment_ID, true );
}

// The old site answers with the files of IMG.
add_filter(
	'pre_http_request',
	function ( $answer, $args, $url ) use ( $img, $old ) {
		$path = rawurldecode( substr( $url, strlen( "$old/IMG/" ) ) );
		if ( 0 !== strpos( $url, "$old/IMG/" ) || ! is_file( "$img/$path" ) ) {
			return new WP_Error( 'http', "$url is not on the old site" );
		}
		copy( "$img/$path", $args['filename'] );
		return array( 'headers' => array(), 'response' => array( 'code' => 200, 'message' => 'OK' ), 'body' => '', 'cookies' => array() );
	},
	10,
	3
);
ob_start();
foreach ( $files as $file ) {
	$importer = new WP_Import();
	$importer->fetch_attachments = true;
	$_POST['imported_authors'] = array_keys( $importer->parse( $file )['authors'] );
	// As in the form: who is there already is chosen.
	foreach ( $_POST['imported_authors'] as $index => $login ) {
		$user = get_user_by( 'login', $login );
		$_POST['user_map'][ $index ] = $user ? $user->ID : '';
	}
	$importer->import( $file );
}
$said = array_filter( array_map( 'trim', explode( "\n", strip_tags( ob_get_clean(), '' ) ) ) );

global $wpdb;
$spip = function ( $type, $id ) {
	return (string) get_metadata( $type, $id, '_spip_id', true );
};
$posts = array();
foreach ( $wpdb->get_results( "SELECT * FROM {$wpdb->posts} WHERE post_type IN ('post', 'page', 'attachment')" ) as $post ) {
	$thumbnail = (int) get_post_meta( $post->ID, '_thumbnail_id', true );
	$posts[] = array(
		'type' => $post->post_type, 'status' => $post->post_status, 'title' => $post->post_title,
		'kind' => get_post_meta( $post->ID, '_spip_kind', true ), 'id' => $spip( 'post', $post->ID ),
		'lang' => get_post_meta( $post->ID, '_spip_lang', true ),
		'author' => get_the_author_meta( 'user_login', $post->post_author ), 'path' => wp_parse_url( get_permalink( $post->ID ), PHP_URL_PATH ),
		'terms' => wp_get_post_terms( $post->ID, array( 'category', 'post_tag' ), array( 'fields' => 'slugs' ) ),
		'parent' => (int) $post->post_parent, 'thumbnail' => $thumbnail ? get_post_type( $thumbnail ) : '',
		'content' => $post->post_content,
	);
}
$comments = array();
foreach ( get_comments( array( 'status' => 'all' ) ) as $comment ) {
	$comments[] = array(
		'id' => $spip( 'comment', $comment->comment_ID ), 'post' => $spip( 'post', $comment->comment_post_ID ),
		'parent' => $comment->comment_parent ? $spip( 'comment', $comment->comment_parent ) : '',
		'approved' => $comment->comment_approved, 'author' => $comment->comment_author, 'email' => $comment->comment_author_email,
	);
}
$terms = array();
foreach ( get_terms( array( 'taxonomy' => array( 'category', 'post_tag' ), 'hide_empty' => false ) ) as $term ) {
	$parent = $term->parent ? get_term( $term->parent )->slug : '';
	$terms[] = array( 'taxonomy' => $term->taxonomy, 'slug' => $term->slug, 'parent' => $parent, 'path' => wp_parse_url( get_term_link( $term ), PHP_URL_PATH ) );
}
$users = array_map( fn( $user ) => array( 'login' => $user->user_login, 'email' => $user->user_email, 'path' => wp_parse_url( get_author_posts_url( $user->ID ), PHP_URL_PATH ) ), get_users() );

// Read as the plugin "Redirection" reads it.
$redirects = array();
$stream = fopen( $csv, 'r' );
while ( $row = fgetcsv( $stream, 5000, ',' ) ) {
	if ( 'source' !== $row[0] ) {
		$redirects[] = array( trim( $row[0] ), trim( $row[1] ), (int) $row[2], (int) $row[3] );
	}
}
echo json_encode( compact( 'said', 'posts', 'comments', 'terms', 'users', 'redirects' ), JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE );
