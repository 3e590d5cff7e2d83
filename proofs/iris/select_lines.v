(* SPDX-License-Identifier: BSL-1.0 *)
(** select, under the locks: a node goes into a line, and out of it again, with the memory of its frame. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants ghost_var ghost_map.
From iris.heap_lang Require Import proofmode notation.
From sluice Require Import waiter select.

Section select.
  Context `{!heapGS Σ, !waitG Σ} (N : namespace).
  Implicit Types (c : chan) (n w : loc) (i : nat) (m : bool) (L P : list lined) (W : waiter (Σ := Σ)) (κ : case (Σ := Σ)).
  Notation parties := (parties N). Notation place := (place N). Notation claimed := (claimed N).
  Notation to_ring := (to_ring N). Notation is_waiter := (is_waiter N). Notation offer := (offer N). Notation commit := (commit N).
  Notation E := (⊤ ∖ ↑N).

  Notation sides := (sides N). Notation state := (state N). Notation chan_inv := (chan_inv N). Notation is_chan := (is_chan N).
  Notation attempted := (attempted N).

  (** ** Frames *)
  Lemma new_node_spec w i (e : loc) :
    {{{ True }}} new_node #w #i #e
    {{{ n, RET #n; (n +ₗ 0) ↦ ((#w, #i), #e) ∗ (n +ₗ 3) ↦ #false ∗ alone n }}}.
  Proof.
    iIntros (Φ) "_ HΦ". rewrite /new_node. wp_pures. wp_alloc n as "H"; first done. wp_pures.
    change (Z.to_nat 4) with 4%nat. rewrite /= !array_cons array_nil !loc_add_assoc.
    change (1 + 1 + 1)%Z with 3%Z. change (1 + 1)%Z with 2%Z.
    iDestruct "H" as "(H0 & H1 & H2 & H3 & _)". iAssert ((n +ₗ 0) ↦ #false)%I with "[H0]" as "H0"; first by rewrite loc_add_0.
    wp_bind (Store _ _).
    wp_store. wp_pures. wp_store. iApply "HΦ". iFrame "H0 H3".
    iExists _. by iFrame.
  Qed.
  Lemma end_node_spec n : {{{ frame n }}} end_node #n {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "[Ha Hf] HΦ". iDestruct "Ha" as (v) "[H1 H2]". iDestruct "Hf" as (f s) "[H0 H3]". wp_lam.
    wp_free. wp_free. wp_free. wp_free. by iApply "HΦ".
  Qed.

  (** ** Into a line, and out of it *)
  Lemma fresh_party c b L P n v :
    (n +ₗ 0) ↦ v -∗ ([∗ list] y ∈ L, place c b y) -∗ ([∗ list] y ∈ P, place c b y ∗ alone y.1) -∗ ⌜n ∉ (L ++ P).*1⌝.
  Proof.
    iIntros "Hn HL HP" ([y [-> Hy]]%elem_of_list_fmap).
    iAssert (place c b y) with "[HL HP]" as "H".
    { apply elem_of_app in Hy as [Hy|Hy]; apply elem_of_list_lookup in Hy as [k Hk].
      - by iApply (big_sepL_lookup with "HL").
      - iDestruct (big_sepL_lookup with "HP") as "[$ _]"; done. }
    iDestruct "H" as (W i κ q) "(_ & _ & _ & _ & Hf & _)".
    by iDestruct (mapsto_valid_2 with "Hn Hf") as %[?%dfrac_valid_own_r _].
  Qed.

  Lemma line_up_spec W i κ q I :
    cases W !! i = Some κ → I !! i = None →
    {{{ state (on κ) false ∗ is_waiter W ∗ cinv_own (γw W) q ∗ ghost_map_auth (γi W) 1 I }}}
      line_up (case_value κ) #(at_ W) #i
    {{{ n, RET #n; chan_inv (on κ) ∗ n ↪[γn (on κ) (pushes κ)] (γw W, q, at_ W) ∗ numbered W i (n, q) ∗
        ghost_map_auth (γi W) 1 (<[i := (n, q)]> I) }}}.
  Proof.
    iIntros (Hi HI Φ) "((Hm & Hc & Hs) & #Hw & Hq & HI) HΦ". rewrite /line_up /case_value /chan_value. wp_pures.
    wp_apply new_node_spec; first done. iIntros (n) "(H0 & H4 & Ha)". wp_pures.
    iDestruct (side_acc _ _ _ (pushes κ) with "Hs") as (L P) "(Hps & _ & Hs)". iDestruct "Hps" as "(Hr & Hl & HL & HP)".
    iDestruct (fresh_party with "H0 HL HP") as %Hn. iDestruct "Ha" as (v1) "[H1 H2]".
    wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ v, ⌜v = #(c_line (on κ) (pushes κ))⌝)%I); first (destruct (pushes κ); wp_pures; done).
    iIntros (?) "->". wp_apply (append_spec with "[$Hl $H1 $H2]"). iIntros "Hl". wp_pures.
    iMod (registered_insert _ _ n (γw W, q, at_ W) with "Hr") as "[Hr Hn]"; first done.
    iMod (ghost_map_insert_persist i (n, q) with "HI") as "[HI #Hnum]"; first done.
    iApply "HΦ". iModIntro. iFrame "Hn HI Hnum". iExists false. iFrame "Hm Hc".
    iApply ("Hs" $! (L ++ [(n, (γw W, q, at_ W))]) P); first done.
    iSplitL "Hr"; first (iApply (registered_perm with "Hr"); solve_Permutation). rewrite fmap_app big_sepL_app /=. iFrame.
    iExists W, i, κ, q. by iFrame "∗ #".
  Qed.

  Lemma unpark c b L P n g q w :
    parties c b L ((n, (g, q, w)) :: P) -∗ n ↪[γn c b] (g, q, w) ==∗ parties c b L P ∗ cinv_own g q ∗ frame n.
  Proof.
    iIntros "(Hr & Hl & HL & HP) Hn". rewrite big_sepL_cons. iDestruct "HP" as "[[Hy Ha] HP]".
    iDestruct (registered_perm _ _ ((n, (g, q, w)) :: L ++ P) with "Hr") as "Hr"; first solve_Permutation.
    iMod (registered_delete with "Hr Hn") as "Hr". iModIntro. iFrame.
    iDestruct "Hy" as (W i κ q' (_ & _ & _ & [= -> -> ->])) "(_ & $ & _ & Hf & Hsv)". iExists _, _. iFrame.
  Qed.

  Lemma leave_spec κ n g q w :
    {{{ chan_inv (on κ) ∗ n ↪[γn (on κ) (pushes κ)] (g, q, w) }}} leave (case_value κ) #n
    {{{ RET #(); chan_inv (on κ) ∗ cinv_own g q ∗ frame n }}}.
  Proof.
    iIntros (Φ) "[Hc Hn] HΦ". iDestruct "Hc" as (m) "(Hm & Hc & Hs)". rewrite /leave /case_value /chan_value. wp_pures.
    iDestruct (side_acc _ _ _ (pushes κ) with "Hs") as (L P) "(Hps & _ & Hs)". iDestruct "Hps" as "(Hr & Hl & HL & HP)".
    wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ v, ⌜v = #(c_line (on κ) (pushes κ))⌝)%I); first (destruct (pushes κ); wp_pures; done).
    iIntros (?) "->". wp_pures.
    iDestruct (registered_lookup with "Hr Hn") as %[Hy|Hy]%elem_of_app; apply elem_of_list_split in Hy as (A & B & ->).
    - rewrite fmap_app fmap_cons. wp_apply (is_in_line_true with "Hl"). iIntros "Hl". wp_pures. iAssert (parties (on κ) (pushes κ) (A ++ (n, (g, q, w)) :: B) P) with "[Hr Hl HL HP]" as "Hps".
      { rewrite /waiter.parties fmap_app fmap_cons. iFrame. }
      iApply wp_fupd. wp_apply (unlink_party with "Hps"). iIntros "Hps". iMod (unpark with "Hps Hn") as "(Hps & Hq & Hf)".
      iModIntro. iApply "HΦ". iFrame "Hq Hf". iExists m. iFrame "Hm Hc". iApply ("Hs" with "[] Hps"). iPureIntro. intros _. by destruct A.
    - iAssert (parties (on κ) (pushes κ) L ((n, (g, q, w)) :: A ++ B)) with "[Hr Hl HL HP]" as "Hps".
      { iSplitL "Hr"; first (iApply (registered_perm with "Hr"); solve_Permutation). iFrame "Hl HL".
        rewrite big_sepL_app !big_sepL_cons big_sepL_app. iDestruct "HP" as "($ & $ & $)". }
      iMod (unpark with "Hps Hn") as "(Hps & Hq & Ha & Hf)". iDestruct "Ha" as (v) "[H1 H2]". iDestruct "Hps" as "(Hr & Hl & HL & HP)".
      wp_apply (is_in_line_false with "[$Hl $H2]"). iIntros "[Hl H2]". wp_pures.
      iAssert (parties (on κ) (pushes κ) L (A ++ B)) with "[Hr Hl HL HP]" as "Hps"; first by iFrame.
      iApply "HΦ". iModIntro. iFrame "Hq Hf". iSplitL "Hm Hc Hs Hps".
      { iExists m. iFrame "Hm Hc". by iApply ("Hs" with "[] Hps"). }
      iExists _. iFrame.
  Qed.
End select.
